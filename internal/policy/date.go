package policy

import "time"

// instant is a point in time, in seconds and nanoseconds since 1970.
type instant struct {
	seconds int64
	nanos   int64
}

func (t instant) compare(o instant) int {
	switch {
	case t.seconds != o.seconds && t.seconds < o.seconds, t.seconds == o.seconds && t.nanos < o.nanos:
		return -1
	case t == o:
		return 0
	}
	return 1
}

// parseInstant reads what the Date operators take: seconds since 1970, or ISO
// 8601 in the W3C's profile, from a year and month to fractions of a second.
// Digits alone are seconds, so a bare year is none. Without a zone it is UTC.
// It is written out because time.Parse allocates for what it cannot read.
func parseInstant(text string) (instant, bool) {
	p := dateReader{rest: text}
	if text != "" && allDigits(text) {
		seconds, ok := p.number(1, 18)
		return instant{seconds: int64(seconds)}, ok && p.rest == ""
	}
	year, ok := p.number(4, 4)
	month, day := 1, 1
	ok = ok && p.skip('-')
	if ok {
		month, ok = p.number(2, 2)
	}
	if ok && p.skip('-') {
		day, ok = p.number(2, 2)
	}
	if !ok || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return instant{}, false
	}
	var hour, minute, second, nanos, offset int
	if p.rest != "" {
		if hour, minute, second, nanos, offset, ok = p.clock(); !ok {
			return instant{}, false
		}
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix() - int64(offset)
	return instant{at, int64(nanos)}, true
}

type dateReader struct{ rest string }

func (p *dateReader) skip(c byte) bool {
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// number reads as many digits as there are, which must be least to most.
func (p *dateReader) number(least, most int) (int, bool) {
	n, i := 0, 0
	for i < len(p.rest) && i < most && p.rest[i] >= '0' && p.rest[i] <= '9' {
		n = n*10 + int(p.rest[i]-'0')
		i++
	}
	p.rest = p.rest[i:]
	return n, i >= least
}

func (p *dateReader) clock() (hour, minute, second, nanos, offset int, ok bool) {
	if !p.skip('T') && !p.skip('t') {
		return
	}
	if hour, ok = p.number(2, 2); !ok || !p.skip(':') {
		return 0, 0, 0, 0, 0, false
	}
	if minute, ok = p.number(2, 2); !ok {
		return
	}
	if p.skip(':') {
		if second, ok = p.number(2, 2); !ok {
			return
		}
		if p.skip('.') {
			before := len(p.rest)
			nanos, ok = p.number(1, 9)
			for digits := before - len(p.rest); digits < 9; digits++ {
				nanos *= 10
			}
			for p.rest != "" && p.rest[0] >= '0' && p.rest[0] <= '9' {
				p.rest = p.rest[1:] // finer than we keep
			}
		}
	}
	offset, zoned := p.zone()
	ok = ok && zoned && p.rest == "" && hour < 24 && minute < 60 && second < 60
	return
}

// zone reads Z, +hh:mm, +hhmm, +hh or nothing, in seconds east of UTC.
func (p *dateReader) zone() (int, bool) {
	sign := 1
	switch {
	case p.rest == "", p.skip('Z'), p.skip('z'):
		return 0, true
	case p.skip('-'):
		sign = -1
	case !p.skip('+'):
		return 0, false
	}
	hours, ok := p.number(2, 2)
	minutes := 0
	if ok && p.rest != "" {
		p.skip(':')
		minutes, ok = p.number(2, 2)
	}
	return sign * (hours*60 + minutes) * 60, ok && hours < 24 && minutes < 60
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
