package policy

import "strings"

// decimal is a number kept as its digits, so that no size is rounded and no
// comparison allocates.
type decimal struct {
	negative bool
	whole    string // without leading zeros
	fraction string // without trailing zeros
}

// parseDecimal reads an integer or a decimal: sign, digits, point, digits.
func parseDecimal(text string) (decimal, bool) {
	var d decimal
	if text != "" && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		text = text[1:]
	}
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" && fraction == "" || point && fraction == "" && whole == "" {
		return d, false
	}
	if !allDigits(whole) || !allDigits(fraction) {
		return d, false
	}
	d.whole = strings.TrimLeft(whole, "0")
	d.fraction = strings.TrimRight(fraction, "0")
	if d.whole == "" && d.fraction == "" {
		d.negative = false // minus nought is nought
	}
	return d, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func (d decimal) compare(o decimal) int {
	if d.negative != o.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	order := len(d.whole) - len(o.whole)
	if order == 0 {
		order = strings.Compare(d.whole, o.whole)
	}
	if order == 0 {
		order = strings.Compare(d.fraction, o.fraction)
	}
	if d.negative {
		return -order
	}
	return order
}
