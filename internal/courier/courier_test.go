package courier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/courier"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

// town has an outbox, and couriers that a test starts.
type town struct {
	t     testing.TB
	db    *store.DB
	keys  *keyring.Keyring
	box   *outbox.Outbox
	clock *clock.Clock
	log   *journal
}

type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// door is a Way that does as the test says, and notes what it was given.
type door struct {
	mu   sync.Mutex
	took []string // ids and codes of what was sent
	does func(ctx context.Context, id string, m outbox.Message) error
}

func (d *door) Send(ctx context.Context, id string, m outbox.Message) error {
	d.mu.Lock()
	does := d.does
	d.took = append(d.took, id+" "+m.Code)
	d.mu.Unlock()
	if does == nil {
		return nil
	}
	return does(ctx, id, m)
}

func (d *door) Rest() {}

func (d *door) set(does func(context.Context, string, outbox.Message) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.does = does
}

func (d *door) taken() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.took...)
}

func towns(t *testing.T, test func(t *testing.T, w *town)) {
	for _, e := range storetest.Engines {
		t.Run(e.Name, func(t *testing.T) { test(t, newTown(t, e.Options(t))) })
	}
}

func newTown(t testing.TB, o store.Options) *town {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	keys, err := keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(db))
	if err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, db: db, keys: keys, box: outbox.New(db, keys, outbox.Email, outbox.SMS), clock: new(clock.Clock), log: new(journal)}
	t.Cleanup(func() {
		for _, private := range []string{"ann@", "+1555", "example.com", "code-", "Dear"} {
			if strings.Contains(w.log.String(), private) {
				t.Errorf("the log holds %q:\n%s", private, w.log)
			}
		}
	})
	return w
}

func (w *town) start(ways map[string]courier.Way) *courier.Courier {
	return courier.Start(courier.Config{Outbox: w.box, Ways: ways, Clock: w.clock, Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
}

func (w *town) put(code string, change func(*outbox.Message)) {
	w.t.Helper()
	m := note(func(m *outbox.Message) { m.At, m.Code, m.Subject, m.Body = w.clock.Now(), code, "Dear", "Dear "+code })
	if change != nil {
		change(&m)
	}
	if err := w.box.Put(context.Background(), w.db, m); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) states() map[string]int {
	w.t.Helper()
	list, err := w.box.List(context.Background(), "")
	if err != nil {
		w.t.Fatal(err)
	}
	states := map[string]int{}
	for _, m := range list {
		states[m.State]++
		if over := m.State != "" && m.State != string(outbox.Waiting); over != (m.Code+m.Subject+m.Body == "") || m.To == "" {
			w.t.Errorf("of a message that is %s there is %+v", m.State, m)
		}
	}
	return states
}

func (w *town) eventually(what string, is func() bool) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("not in half a minute: %s\n%v\n%s", what, w.states(), w.log)
		}
	}
}

func TestWhatIsDeliveredIsForgottenAndTheRestStays(t *testing.T) {
	towns(t, func(t *testing.T, w *town) {
		mails := new(door)
		w.put("code-1", nil)
		w.put("code-2", func(m *outbox.Message) { m.Channel, m.To = outbox.SMS, "+15550100" })
		w.put("code-3", func(m *outbox.Message) { m.Channel = "pigeon" })
		c := w.start(map[string]courier.Way{outbox.Email: mails}) // texts have a way elsewhere
		w.eventually("the mail is delivered", func() bool { return w.states()["delivered"] == 1 })
		w.put("code-4", nil)
		w.eventually("the next is delivered", func() bool { return w.states()["delivered"] == 2 })
		c.Close(time.Second)
		if states := fmt.Sprint(w.states()); states != "map[:1 delivered:2 waiting:1]" || len(mails.taken()) != 2 {
			t.Errorf("%s; sent %q", states, mails.taken())
		}
	})
}

// What somebody tried out before there was a way must not leave by it later.
func TestOldTriesStayWhenAWayIsSetUp(t *testing.T) {
	w := newTown(t, store.Options{Memory: true})
	if err := outbox.New(w.db, w.keys).Put(t.Context(), w.db, note(func(m *outbox.Message) { m.At = w.clock.Now() })); err != nil {
		t.Fatal(err)
	}
	mine, err := w.box.Claim(t.Context(), outbox.Email, 10, w.clock.Now().Add(time.Hour), time.Minute)
	if len(mine) != 0 || err != nil {
		t.Errorf("claimed %v, %v", mine, err)
	}
}

func TestManyNodesSendEachMessageOnce(t *testing.T) {
	towns(t, func(t *testing.T, w *town) {
		const messages, nodes = 120, 4
		for i := range messages {
			w.put(fmt.Sprintf("code-%d", i), nil)
		}
		mails := new(door)
		var running []*courier.Courier
		for range nodes {
			running = append(running, w.start(map[string]courier.Way{outbox.Email: mails}))
		}
		w.eventually("all are delivered", func() bool { return w.states()["delivered"] == messages })
		for _, c := range running {
			c.Close(time.Second)
		}
		seen := map[string]bool{}
		for _, one := range mails.taken() {
			if seen[one] {
				t.Errorf("sent twice: %s", one)
			}
			seen[one] = true
		}
	})
}

func TestWhatFailsComesAgainLaterAndUnderTheSameID(t *testing.T) {
	towns(t, func(t *testing.T, w *town) {
		mails := &door{does: func(context.Context, string, outbox.Message) error { return errors.New("ann@example.com: code-1") }}
		w.put("code-1", nil)
		c := w.start(map[string]courier.Way{outbox.Email: mails})
		defer c.Close(time.Second)
		for tries := 1; tries <= 3; tries++ {
			w.eventually("it is tried", func() bool {
				return len(mails.taken()) == tries && strings.Count(w.log.String(), "trying again") == tries
			})
			w.clock.Advance(15 * time.Minute)
		}
		mails.set(func(context.Context, string, outbox.Message) error { panic("ann@example.com") })
		w.clock.Advance(15 * time.Minute)
		w.eventually("a panic is a failure", func() bool { return strings.Contains(w.log.String(), "a mistake of the program") })
		mails.set(nil)
		w.eventually("it is delivered", func() bool { w.clock.Advance(time.Minute); return w.states()["delivered"] == 1 })
		taken := mails.taken()
		for _, one := range taken {
			if one != taken[0] {
				t.Errorf("sent as %q and %q", taken[0], one)
			}
		}
	})
}

func TestWhatIsOverIsNotSent(t *testing.T) {
	towns(t, func(t *testing.T, w *town) {
		mails := &door{does: func(context.Context, string, outbox.Message) error { return &courier.Failure{Reason: "busy"} }}
		w.put("code-1", func(m *outbox.Message) { m.Until = m.At.Add(3 * time.Minute) })
		w.put("code-2", func(m *outbox.Message) { m.Until = m.At.Add(90 * 24 * time.Hour) })
		w.clock.Advance(4 * time.Minute)
		c := w.start(map[string]courier.Way{outbox.Email: mails})
		defer c.Close(time.Second)
		w.eventually("the short one is over", func() bool { return w.states()["expired"] == 1 })
		w.eventually("the long one is tried", func() bool { return len(mails.taken()) == 1 })
		w.eventually("the long one waits", func() bool { return strings.Contains(w.log.String(), "trying again") })
		w.clock.Advance(25 * time.Hour) // nobody waits for it any more
		w.eventually("the long one is over", func() bool { return w.states()["expired"] == 2 })
		for _, one := range mails.taken() {
			if strings.HasSuffix(one, "code-1") {
				t.Error("what was over was sent")
			}
		}
	})
}

func TestWhatNobodyWillEverTakeEnds(t *testing.T) {
	w := newTown(t, store.Options{Memory: true})
	mails := &door{does: func(context.Context, string, outbox.Message) error {
		return &courier.Failure{Reason: "550 5.1.1", Never: true}
	}}
	w.put("code-1", nil)
	c := w.start(map[string]courier.Way{outbox.Email: mails})
	w.eventually("it is given up", func() bool { return w.states()["failed"] == 1 })
	w.clock.Advance(time.Hour)
	c.Close(time.Second)
	if len(mails.taken()) != 1 || !strings.Contains(w.log.String(), "550 5.1.1") {
		t.Errorf("sent %q\n%s", mails.taken(), w.log)
	}
}

// A way that hangs takes room from its own channel only.
func TestOneChannelDoesNotHoldUpAnother(t *testing.T) {
	w := newTown(t, store.Options{Memory: true})
	hanging := &door{does: func(ctx context.Context, _ string, _ outbox.Message) error { <-ctx.Done(); return ctx.Err() }}
	for i := range 20 {
		w.put(fmt.Sprintf("code-%d", i), nil)
	}
	w.put("code-x", func(m *outbox.Message) { m.Channel, m.To = outbox.SMS, "+15550100" })
	c := w.start(map[string]courier.Way{outbox.Email: hanging, outbox.SMS: new(door)})
	w.eventually("the text is delivered", func() bool { return w.states()["delivered"] == 1 && len(hanging.taken()) == 8 })
	c.Close(0)
	if states := fmt.Sprint(w.states()); states != "map[delivered:1 waiting:20]" || len(hanging.taken()) != 8 {
		t.Errorf("%s; %d were begun", states, len(hanging.taken()))
	}
}

func TestAtTheEndWhatIsUnderWayEndsOrGoesBack(t *testing.T) {
	towns(t, func(t *testing.T, w *town) {
		begun := make(chan struct{}, 2)
		let := make(chan struct{})
		mails := &door{does: func(ctx context.Context, _ string, m outbox.Message) error {
			begun <- struct{}{}
			if m.Code == "code-quick" {
				<-let
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}}
		w.put("code-quick", nil)
		w.put("code-slow", nil)
		c := w.start(map[string]courier.Way{outbox.Email: mails})
		<-begun
		<-begun
		closed := make(chan struct{})
		go func() { c.Close(200 * time.Millisecond); close(closed) }()
		close(let)
		<-closed
		if states := fmt.Sprint(w.states()); states != "map[delivered:1 waiting:1]" {
			t.Errorf("at the end %s", states)
		}
		mails.set(nil)
		c = w.start(map[string]courier.Way{outbox.Email: mails}) // at once: no lease is waited for
		defer c.Close(time.Second)
		w.eventually("the slow one is delivered", func() bool { return w.states()["delivered"] == 2 })
	})
}

func TestADeadNodesMessagesAreTakenOver(t *testing.T) {
	towns(t, func(t *testing.T, w *town) {
		w.put("code-1", nil)
		dead, err := w.box.Claim(t.Context(), outbox.Email, 1, w.clock.Now(), time.Minute)
		if err != nil || len(dead) != 1 {
			t.Fatal(dead, err)
		}
		if again, err := w.box.Claim(t.Context(), outbox.Email, 1, w.clock.Now(), time.Minute); len(again) != 0 || err != nil {
			t.Errorf("claimed by two: %v, %v", again, err)
		}
		w.clock.Advance(time.Minute)
		heir, err := w.box.Claim(t.Context(), outbox.Email, 1, w.clock.Now(), time.Minute)
		if err != nil || len(heir) != 1 || heir[0].ID != dead[0].ID || heir[0].Tries != 2 {
			t.Fatal(heir, err)
		}
		// Whoever was only slow has no say any more.
		for name, err := range map[string]error{
			"close":     w.box.Close(t.Context(), dead[0], outbox.Failed),
			"again":     w.box.Again(t.Context(), dead[0], w.clock.Now()),
			"give back": w.box.GiveBack(t.Context(), dead[0], w.clock.Now()),
		} {
			if !errors.Is(err, outbox.ErrLost) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.box.Close(t.Context(), heir[0], outbox.Delivered); err != nil || w.states()["delivered"] != 1 {
			t.Errorf("%v, %v", err, w.states())
		}
	})
}

func TestPausesGrowDifferAndEnd(t *testing.T) {
	for tries, about := range map[int]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second, 9: 15 * time.Minute, 1000: 15 * time.Minute, 0: 5 * time.Second} {
		seen := map[time.Duration]bool{}
		for range 50 {
			d := courier.Pause(tries)
			if d < about/2 || d >= about*3/2 {
				t.Errorf("after %d tries %v", tries, d)
			}
			seen[d] = true
		}
		if len(seen) < 40 {
			t.Errorf("after %d tries %d different pauses of 50", tries, len(seen))
		}
	}
}
