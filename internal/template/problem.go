package template

import (
	"fmt"
	"slices"
	"strings"
)

// Position is a place in the template, counted from 1; columns count characters.
type Position struct{ Line, Column int }

// Problem is one thing wrong with a template, or worth a note.
type Problem struct {
	File    string
	At      Position
	Message string
}

func (p Problem) String() string {
	if p.At.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.At.Line, p.At.Column, p.Message)
}

// Problems is everything that is wrong with a template, in the file's order.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds a report: whoever has a hundred wants to see the first ones.
const maxProblems = 100

// report collects problems and notes while a template is read.
type report struct {
	file     string
	problems Problems
	notes    Problems
	listed   map[string]bool // lists that have been said
	bounded  bool            // reading ends, by a panic with enough, when there is no point in going on
}

// enough ends the reading of a template that has too many problems or grows
// too large: what a hostile template can cost is bounded by it. See read.
type enough struct{}

func (r *report) problem(at Position, format string, arguments ...any) {
	p := Problem{r.file, at, fmt.Sprintf(format, arguments...)}
	if len(r.problems) < maxProblems && !slices.Contains(r.problems, p) {
		r.problems = append(r.problems, p)
	}
	if r.bounded && len(r.problems) >= maxProblems {
		panic(enough{})
	}
}

// supported is what is supported, "" when that has been said already: a long
// list that comes again with each problem hides the problems.
func (r *report) supported(words []string) string {
	text := "; supported: " + names(words)
	if r.listed[text] {
		return ""
	}
	if r.listed == nil {
		r.listed = map[string]bool{}
	}
	r.listed[text] = true
	return text
}

// stop reports what makes it pointless to read on.
func (r *report) stop(at Position, format string, arguments ...any) {
	r.problem(at, format, arguments...)
	if r.bounded {
		panic(enough{})
	}
}

func (r *report) note(at Position, format string, arguments ...any) {
	p := Problem{r.file, at, fmt.Sprintf(format, arguments...)}
	if len(r.notes) < maxProblems && !slices.Contains(r.notes, p) {
		r.notes = append(r.notes, p)
	}
}

// err is the sorted problems, or nil.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	byLine(r.problems)
	return r.problems
}

func byLine(ps Problems) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if a.At.Line != b.At.Line {
			return a.At.Line - b.At.Line
		}
		return a.At.Column - b.At.Column
	})
}

// didYouMean is `; did you mean "X"?` for the candidate that is nearest to
// word, or "" when none is near.
func didYouMean(word string, candidates []string) string {
	best, distance := "", 3
	if len(word) > 128 {
		return ""
	}
	for _, c := range candidates {
		if strings.EqualFold(word, c) {
			best = c
			break
		}
		if d := editDistance(strings.ToLower(word), strings.ToLower(c)); d < distance && d < len(word) {
			best, distance = c, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

func editDistance(a, b string) int {
	if d := len(a) - len(b); d > 2 || d < -2 {
		return 3
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(row[j]+1, row[j-1]+1, cost)
		}
	}
	return row[len(b)]
}

// names is "A, B and C", sorted.
func names(words []string) string {
	words = slices.Sorted(slices.Values(words))
	switch len(words) {
	case 0:
		return "none"
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
