package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/outbox"
)

const (
	// look is how often the outbox is asked for what is due.
	look = 500 * time.Millisecond
	// sendTimeout bounds one sending, and lease is how long a node that has died
	// keeps a message from the others: clocks of nodes may differ by what is between.
	sendTimeout = 30 * time.Second
	lease       = 2 * time.Minute
	// atOnce is how many messages of a channel a node sends at the same time.
	atOnce = 8
	// patience ends the tries of a message that says no sooner end itself.
	patience = 24 * time.Hour

	firstPause = 5 * time.Second
	mostPause  = 15 * time.Minute
	// settle is how long what was decided about a message may take to be written
	// when the courier is closing.
	settle = 5 * time.Second
)

// Way takes messages of one channel further. Send returns nil when the other side
// has taken the message over, a *Failure when it has not. Safe for concurrent use.
type Way interface {
	Send(ctx context.Context, id string, m outbox.Message) error
	// Rest is called when there is nothing to do: it gives back connections.
	Rest()
}

// Failure says why a message was not taken, in words that hold no address, no
// text and nothing of what the other side said but its status.
type Failure struct {
	Reason string
	Never  bool          // the same message will not be taken later either
	After  time.Duration // the other side asked for this pause; 0 if for none
}

func (f *Failure) Error() string { return f.Reason }

// Outbox is where messages wait; *outbox.Outbox is one.
type Outbox interface {
	Claim(ctx context.Context, channel string, most int, now time.Time, lease time.Duration) ([]*outbox.Claimed, error)
	Close(ctx context.Context, c *outbox.Claimed, s outbox.State) error
	Again(ctx context.Context, c *outbox.Claimed, at time.Time) error
	GiveBack(ctx context.Context, c *outbox.Claimed, now time.Time) error
}

// Config is what a courier needs. All fields are required; Ways may be empty.
type Config struct {
	Outbox Outbox
	Ways   map[string]Way // by channel
	Clock  *clock.Clock
	Logger *slog.Logger
}

// Courier sends until it is closed.
type Courier struct {
	config Config
	work   context.Context // of what is being sent
	cut    context.CancelFunc
	stop   chan struct{}
	loops  sync.WaitGroup
}

// Start begins to send.
func Start(config Config) *Courier {
	c := &Courier{config: config, stop: make(chan struct{})}
	c.work, c.cut = context.WithCancel(context.Background())
	for channel, way := range config.Ways {
		c.loops.Go(func() { c.run(channel, way) })
	}
	return c
}

// Close takes nothing more, lets what is being sent end within the time given,
// and then cuts it off: it goes back, for the next node or the next start.
func (c *Courier) Close(within time.Duration) {
	close(c.stop)
	timer := time.AfterFunc(within, c.cut)
	defer timer.Stop()
	c.loops.Wait()
	c.cut()
}

// run sends the messages of one channel, at most atOnce at a time.
func (c *Courier) run(channel string, way Way) {
	var sending sync.WaitGroup
	defer way.Rest()
	defer sending.Wait()
	room := make(chan struct{}, atOnce)
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		default:
		}
		taken := 0
		if free := atOnce - len(room); free > 0 {
			taken = c.take(channel, way, free, room, &sending)
		}
		if taken == 0 && len(room) == 0 {
			way.Rest()
		}
		if taken > 0 { // there may be more: look again as soon as there is room
			select {
			case room <- struct{}{}:
				<-room
			case <-c.stop:
				return
			}
			continue
		}
		select {
		case <-tick.C:
		case <-c.stop:
			return
		}
	}
}

// take claims what is due and begins to send it.
func (c *Courier) take(channel string, way Way, most int, room chan struct{}, sending *sync.WaitGroup) int {
	claimed, err := c.config.Outbox.Claim(c.work, channel, most, c.config.Clock.Now(), lease)
	if err != nil {
		c.config.Logger.Error("the outbox could not be read; trying again", "channel", channel, "error", err)
	}
	for _, one := range claimed {
		room <- struct{}{} // there is room: nobody else fills it
		sending.Go(func() {
			defer func() { <-room }()
			c.send(way, one)
		})
	}
	return len(claimed)
}

// over is when trying ends.
func over(m outbox.Message) time.Time {
	end := m.At.Add(patience)
	if !m.Until.IsZero() && m.Until.Before(end) {
		return m.Until
	}
	return end
}

// send brings one message as far as it gets today.
func (c *Courier) send(way Way, one *outbox.Claimed) {
	now := c.config.Clock.Now()
	if !now.Before(over(one.Message)) {
		c.close(one, outbox.Expired, "it was not taken in time")
		return
	}
	ctx, cancel := context.WithTimeout(c.work, sendTimeout)
	err := attempt(ctx, way, one)
	cancel()
	var failure *Failure
	switch {
	case err == nil:
		c.close(one, outbox.Delivered, "")
	case c.work.Err() != nil:
		c.settle(one, "goes back", func(ctx context.Context) error {
			return c.config.Outbox.GiveBack(ctx, one, c.config.Clock.Now())
		})
	case errors.As(err, &failure) && failure.Never:
		c.close(one, outbox.Failed, failure.Reason)
	default:
		c.again(one, failure)
	}
}

// attempt is Send, whatever it does.
func attempt(ctx context.Context, way Way, one *outbox.Claimed) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Failure{Reason: fmt.Sprintf("a mistake of the program (%T)", p)}
		}
	}()
	return way.Send(ctx, one.ID, one.Message)
}

func (c *Courier) again(one *outbox.Claimed, why *Failure) {
	if why == nil {
		why = &Failure{Reason: "unknown"}
	}
	now := c.config.Clock.Now()
	at := now.Add(max(pause(one.Tries), min(why.After, mostPause)))
	if end := over(one.Message); at.After(end) {
		at = end // where it ends without being sent
	}
	c.config.Logger.Warn("a message was not taken; trying again", append(about(one), "reason", why.Reason, "in", at.Sub(now).Round(time.Second).String())...)
	c.settle(one, "waits", func(ctx context.Context) error { return c.config.Outbox.Again(ctx, one, at) })
}

// pause is how long to wait after a number of tries: twice as long each time,
// give or take half, so that what failed together does not come back together.
func pause(tries int) time.Duration {
	d := mostPause
	if tries < 9 {
		d = min(firstPause<<max(tries-1, 0), mostPause)
	}
	return d/2 + rand.N(d)
}

// close ends a message; why is "" of one that was delivered.
func (c *Courier) close(one *outbox.Claimed, s outbox.State, why string) {
	if why != "" {
		c.config.Logger.Warn("a message is given up", append(about(one), "reason", why)...)
	} else {
		c.config.Logger.Debug("a message was delivered", about(one)...)
	}
	c.settle(one, string(s), func(ctx context.Context) error { return c.config.Outbox.Close(ctx, one, s) })
}

// settle writes down what became of a message, also while the courier is closing.
func (c *Courier) settle(one *outbox.Claimed, what string, write func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.work), settle)
	defer cancel()
	if err := write(ctx); err != nil && !errors.Is(err, outbox.ErrLost) {
		c.config.Logger.Error("what became of a message could not be kept; it may be sent again", append(about(one), "what", what, "error", err)...)
	}
}

func about(one *outbox.Claimed) []any {
	return []any{"message", one.ID, "channel", one.Message.Channel, "purpose", one.Message.Purpose, "pool", one.Message.UserPoolID, "tries", one.Tries}
}
