package userpool

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

func TestNobodyWaitsAsLongAsSomebodyDid(t *testing.T) {
	var p paces
	if d := p.draw("pool", trigger.CustomMessage); d != 0 {
		t.Errorf("before the function ran: %s", d)
	}
	p.note("pool", trigger.CustomMessage, time.Hour)
	if d := p.draw("pool", trigger.CustomMessage); d != longestPace {
		t.Errorf("after a function without end: %s", d)
	}
	if d := p.draw("other", trigger.CustomMessage) + p.draw("pool", trigger.UserMigration); d != 0 {
		t.Errorf("for another pool or function: %s", d)
	}

	// The old times leave, and all of the new ones are drawn.
	drawn := map[time.Duration]bool{}
	for i := range 64 {
		p.note("pool", trigger.CustomMessage, time.Duration(1+i%4)*time.Millisecond)
	}
	for range 1000 {
		drawn[p.draw("pool", trigger.CustomMessage)] = true
	}
	if len(drawn) != 4 || drawn[longestPace] {
		t.Errorf("drawn: %v", drawn)
	}
}
