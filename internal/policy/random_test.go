package policy_test

import (
	"math/rand/v2"
	"testing"

	"github.com/sallyport/sallyport/internal/policy"
)

// TestTheReferenceAgrees is the fuzz test's round of every day: many random
// questions, which must not all be answered alike.
func TestTheReferenceAgrees(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const rounds = 6000
	outcomes := map[policy.Decision]int{}
	for range rounds {
		data := make([]byte, 200)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		q := (&chooser{data}).question()
		r, s := q.compiled(t)
		d := policy.Evaluate(r, s)
		if want := q.decide(); d.Outcome.String() != want {
			t.Fatalf("the engine says %s, the reference %s: %+v", d.Outcome, want, q)
		}
		outcomes[policy.Decision{Outcome: d.Outcome, Layer: d.Layer}]++
	}
	for _, outcome := range []policy.Outcome{policy.Allowed, policy.ImplicitDeny, policy.ExplicitDeny} {
		for _, layer := range []policy.Layer{policy.LayerServiceControl, policy.LayerResource, policy.LayerIdentity, policy.LayerBoundary, policy.LayerSession} {
			if n := outcomes[policy.Decision{Outcome: outcome, Layer: layer}]; n < 5 && (outcome != policy.Allowed || layer == policy.LayerIdentity || layer == policy.LayerResource) {
				t.Errorf("only %d of %d questions end in %s by %s: this proves little", n, rounds, outcome, layer)
			}
		}
	}
}
