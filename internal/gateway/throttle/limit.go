package throttle

import (
	"fmt"
	"math"
	"strconv"
)

// Limit is the size of a bucket and how fast it fills.
type Limit struct {
	Rate  float64 // requests a second, may be a fraction
	Burst int     // requests at once
}

// AccountLimit is what AWS gives an account in each region.
var AccountLimit = Limit{Rate: 10_000, Burst: 5_000}

func (l Limit) String() string {
	return fmt.Sprintf("%s requests a second, %d at once", strconv.FormatFloat(l.Rate, 'f', -1, 64), l.Burst)
}

// Setting is what an operator asks for of a stage's methods or of one. What is
// not given, or given as -1, stays what the account has. A rate or a burst of 0
// lets nothing through.
type Setting struct {
	Rate  *float64 `json:",omitempty"`
	Burst *int32   `json:",omitempty"`
}

// Unlimited is the number with which AWS's tools say that a setting sets no limit.
const Unlimited = -1

// Mistake is what is wrong with a setting, in words for whoever wrote it.
type Mistake string

func (m Mistake) Error() string { return string(m) }

// The settings that cannot be. AWS gives no words for these.
const (
	ErrRate  = Mistake("Invalid throttling rate limit specified: it must be a number of requests a second, 0 or more, or -1 for no limit of its own")
	ErrBurst = Mistake("Invalid throttling burst limit specified: it must be a whole number of requests, 0 or more, or -1 for no limit of its own")
)

// Check returns ErrRate or ErrBurst for a setting that cannot be. Either number
// may stand alone. One above the account's is no mistake: it has no effect.
func (s Setting) Check() error {
	if s.Rate != nil {
		if r := *s.Rate; math.IsNaN(r) || math.IsInf(r, 0) || r < 0 && r != Unlimited {
			return ErrRate
		}
	}
	if s.Burst != nil && *s.Burst < Unlimited {
		return ErrBurst
	}
	return nil
}

// ParseRate reads the rate of a patch operation.
func ParseRate(text string) (float64, error) {
	rate, err := strconv.ParseFloat(text, 64)
	if err != nil || (Setting{Rate: &rate}).Check() != nil {
		return 0, ErrRate
	}
	return rate, nil
}

// ParseBurst reads the burst of a patch operation.
func ParseBurst(text string) (int32, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	burst := int32(n)
	if err != nil || (Setting{Burst: &burst}).Check() != nil {
		return 0, ErrBurst
	}
	return burst, nil
}

// None reports whether s sets no limit of its own.
func (s Setting) None() bool {
	return (s.Rate == nil || *s.Rate == Unlimited) && (s.Burst == nil || *s.Burst == Unlimited)
}

// limit is s, with what it leaves open taken from the account's. What cannot be
// a limit, in a row that nobody has checked, lets nothing through.
func (s Setting) limit(account Limit) Limit {
	l := account
	if s.Rate != nil && *s.Rate != Unlimited {
		l.Rate = *s.Rate
	}
	if s.Burst != nil && *s.Burst != Unlimited {
		l.Burst = int(*s.Burst)
	}
	if s.Check() != nil {
		return Limit{}
	}
	return l
}
