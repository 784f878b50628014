package journal

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
)

// Query is what to look for. An empty member asks for nothing. In the texts, *
// stands for any characters; Caller and Resource also match the last part of an
// ARN: "ann" finds arn:aws:iam::000000000000:user/ann.
type Query struct {
	Plane     string // "" for what came from outside: every plane but audit.PlaneProgram
	API       string // id
	Stage     string
	Route     string // as its owner wrote it, or the method and path of an operation
	Caller    string
	Service   string
	Operation string
	Resource  string
	Outcome   string // one of Outcomes
	Status    Statuses
	Since     time.Time // inclusive; zero: all that is kept
	Until     time.Time // exclusive; zero: now
}

// Statuses is a range of HTTP statuses; the zero value is all.
type Statuses struct{ From, To int }

// ParseStatuses reads "403" or "4xx"; "" is all.
func ParseStatuses(text string) (Statuses, error) {
	if text == "" {
		return Statuses{}, nil
	}
	n, err := strconv.Atoi(text)
	if err == nil && 100 <= n && n <= 599 && len(text) == 3 {
		return Statuses{n, n}, nil
	}
	if len(text) == 3 && strings.EqualFold(text[1:], "xx") && '1' <= text[0] && text[0] <= '5' {
		n = 100 * int(text[0]-'0')
		return Statuses{n, n + 99}, nil
	}
	return Statuses{}, fmt.Errorf("%.20q is no status: it is one such as 403, or a class such as 4xx", text)
}

// Outcomes are the ends that a request can come to.
var Outcomes = [...]string{audit.Passed.String(), audit.Refused.String(), audit.Failed.String()}

// matches is asked of every record that is kept, so it allocates nothing.
func (q *Query) matches(h *audit.Head) bool {
	switch {
	case q.Plane == "" && string(h.Plane) == audit.PlaneProgram, q.Plane != "" && string(h.Plane) != q.Plane,
		q.Outcome != "" && h.Outcome.String() != q.Outcome,
		q.Status.To != 0 && (h.Status < q.Status.From || h.Status > q.Status.To),
		!q.Since.IsZero() && h.At < q.Since.UnixNano(),
		!q.Until.IsZero() && h.At >= q.Until.UnixNano():
		return false
	}
	return like(h.API, q.API) && like(h.Stage, q.Stage) && like(h.Service, q.Service) &&
		like(h.Operation, q.Operation) && (like(h.Route, q.Route) || like(h.Operation, q.Route)) &&
		arnLike(h.Caller, q.Caller) && arnLike(h.Resource, q.Resource)
}

func arnLike(arn []byte, pattern string) bool {
	if like(arn, pattern) {
		return true
	}
	i := bytes.LastIndexAny(arn, ":/")
	return i >= 0 && like(arn[i+1:], pattern)
}

// like reports whether text is pattern, in which * stands for anything; "" is
// asked of nobody.
func like(text []byte, pattern string) bool {
	if pattern == "" {
		return true
	}
	star, from := -1, 0 // the last star, and how far the text had come there
	i, p := 0, 0
	for i < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && pattern[p] == text[i]:
			p++
			i++
		case star >= 0: // the star takes one more
			from++
			i, p = from, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// position is a place in the order of all records, newest first: records of one
// instant stand in the order of their blocks, and in a block in its own.
type position struct {
	at    int64 // Unix nanoseconds
	block string
	index int
}

// before reports whether p comes before o: it is newer.
func (p position) before(o position) bool {
	switch {
	case p.at != o.at:
		return p.at > o.at
	case p.block != o.block:
		return p.block > o.block
	}
	return p.index > o.index
}

func (p position) compare(o position) int {
	switch {
	case p.before(o):
		return -1
	case o.before(p):
		return 1
	}
	return 0
}

// text is the position as a client hands it back.
func (p position) text() string { return fmt.Sprintf("%d.%d.%s", p.at, p.index, p.block) }

// ErrAfter: what was handed in to go on from is nothing that a search gave out.
var ErrAfter = errors.New("journal: no such place to go on from")

func parsePosition(text string) (p position, err error) {
	parts := strings.SplitN(text, ".", 3)
	if len(parts) != 3 || len(text) > 100 {
		return p, ErrAfter
	}
	if p.at, err = strconv.ParseInt(parts[0], 10, 64); err != nil {
		return p, ErrAfter
	}
	if p.index, err = strconv.Atoi(parts[1]); err != nil {
		return p, ErrAfter
	}
	if p.block = parts[2]; strings.Trim(p.block, "0123456789abcdef") != "" {
		return p, ErrAfter
	}
	return p, nil
}
