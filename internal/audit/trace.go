package audit

import (
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/policy"
)

// Limits of the statements that are kept of one refusal, in bytes.
const (
	maxTrace     = 16 << 10
	maxStatement = 512 // of what a statement had to say
	maxSubject   = 1024
	maxPolicy    = 256
	stepSize     = 112 // of a policy.Step without its texts, about
)

// bounded copies d with at most maxTrace bytes of statements, and says how many
// bytes it takes. If not all have room, those that apply come first, and then
// the allows that came nearest.
func bounded(d *Denied) (*Denied, int) {
	out := &Denied{Principal: clip(d.Principal, maxSubject), Action: clip(d.Action, maxPolicy), Resource: clip(d.Resource, maxSubject), Left: d.Left}
	size := len(out.Principal) + len(out.Action) + len(out.Resource) + stepSize
	if d.Trace == nil {
		return out, size
	}
	var chosen []int
	for _, i := range byWeight(d.Trace.Steps) {
		s := &d.Trace.Steps[i]
		more := stepSize + min(len(s.Policy), maxPolicy) + min(len(s.Sid), maxPolicy) + min(len(s.Detail), maxStatement)
		if size+more > maxTrace {
			break
		}
		size += more
		chosen = append(chosen, i)
	}
	slices.Sort(chosen)
	out.Trace = &policy.Trace{Decision: d.Trace.Decision, Steps: make([]policy.Step, len(chosen))}
	out.Trace.Decision.By.Policy = clip(d.Trace.Decision.By.Policy, maxPolicy)
	for to, from := range chosen {
		s := d.Trace.Steps[from]
		s.Policy, s.Sid, s.Detail = clip(s.Policy, maxPolicy), clip(s.Sid, maxPolicy), clip(s.Detail, maxStatement)
		out.Trace.Steps[to] = s
	}
	out.Left += len(d.Trace.Steps) - len(chosen)
	return out, size
}

// byWeight orders the positions of steps by what they tell.
func byWeight(steps []policy.Step) []int {
	order := make([]int, len(steps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return weight(&steps[a]) - weight(&steps[b]) })
	return order
}

func weight(s *policy.Step) int {
	switch {
	case s.Applies && s.Effect == policy.Deny:
		return 0
	case s.Applies:
		return 1
	case s.Effect == policy.Deny:
		return 10
	}
	return 9 - clauseRank(s.Clause)
}

// clauseRank says how far a statement came before a clause kept it from
// applying.
func clauseRank(clause string) int {
	return slices.Index([]string{"Action", "Principal", "Resource", "Condition"}, strings.TrimPrefix(clause, "Not")) + 1
}

// clip copies at most limit bytes of text.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return strings.Clone(text)
	}
	return text[:clipped(text, limit)] + ellipsis
}
