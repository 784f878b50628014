package clock_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
)

// near allows for the time that the test itself takes.
func near(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if d := got.Sub(want); d < -time.Minute || d > time.Minute {
		t.Errorf("%s is %v, want about %v", what, got, want)
	}
}

func TestTheZeroClockRunsWithTheMachine(t *testing.T) {
	var c clock.Clock
	near(t, "now", c.Now(), time.Now())
	near(t, "now for a stamp", c.NowFor(time.Now().Add(-time.Hour)), time.Now())
}

func TestAdvancingIsSeenByAllAndNeverGoesBack(t *testing.T) {
	var c clock.Clock
	near(t, "the answer", c.Advance(2*time.Hour), time.Now().Add(2*time.Hour))
	c.Advance(-time.Hour)
	near(t, "now", c.Now(), time.Now().Add(2*time.Hour))
	c.Advance(time.Hour)
	near(t, "now", c.Now(), time.Now().Add(3*time.Hour))
}

func TestWhatIsSignedAfterAnAdvanceIsFreshAndWhatWasSignedBeforeHasAged(t *testing.T) {
	var c clock.Clock
	before := time.Now().Add(-5 * time.Second)
	c.Advance(2 * time.Hour)
	near(t, "the present of a signer from before", c.NowFor(before), before.Add(2*time.Hour))
	after := time.Now().Truncate(time.Second) // signatures carry whole seconds
	near(t, "the present of a signer from after", c.NowFor(after), after)
	corrected := after.Add(-time.Second) // by the Date of an answer, as SDKs do
	near(t, "the present of a signer who corrects their time", c.NowFor(corrected), corrected)
	c.Advance(time.Hour)
	near(t, "the present of the first signer", c.NowFor(before), before.Add(3*time.Hour))
}
