package outbox

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/store"
)

// State is what became of a message for whose channel there is a way out.
type State string

const (
	Waiting   State = "waiting"   // to be sent, perhaps not for the first time
	Delivered State = "delivered" // taken over by the mail server or the webhook
	Failed    State = "failed"    // nobody will ever take it
	Expired   State = "expired"   // what it tells was over before anybody took it
)

// Claimed is a message that the holder alone is to send, until the lease ends.
type Claimed struct {
	ID      string // stays the same however often it is sent
	Message Message
	Tries   int // with this one
	claim   string
}

// ErrLost: the lease has ended and another node is at the message, or it is gone.
var ErrLost = errors.New("outbox: the message is no longer claimed")

var errTaken = errors.New("outbox: somebody else was first")

// Claim takes up to most messages of a channel that are due, those that have
// waited longest first. Of several nodes one gets each. Whoever dies at it holds
// it for the lease only.
func (o *Outbox) Claim(ctx context.Context, channel string, most int, now time.Time, lease time.Duration) ([]*Claimed, error) {
	due, err := rows.List(ctx, o.db, "channel = $1 and due > 0 and due <= $2 order by due limit $3", channel, now.UnixMilli(), most)
	if err != nil {
		return nil, err
	}
	var mine []*Claimed
	for _, found := range due {
		claim := rand.Text()
		r, err := rows.Update(ctx, o.db, func(r *row) error {
			if r.Due == 0 || r.Due > now.UnixMilli() {
				return errTaken
			}
			r.Due, r.Claim, r.Tries = now.Add(lease).UnixMilli(), claim, r.Tries+1
			return nil
		}, found.ID)
		if errors.Is(err, errTaken) || errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return mine, err
		}
		m, err := o.open(r)
		if err != nil {
			return mine, err
		}
		mine = append(mine, &Claimed{ID: r.ID, Message: m, Tries: r.Tries, claim: claim})
	}
	return mine, nil
}

// Close ends a message in a state, and forgets what it said: the code, the
// password, the subject and the text. To whom it went stays until Keep.
func (o *Outbox) Close(ctx context.Context, c *Claimed, s State) error {
	told := c.Message
	told.Code, told.Subject, told.Body = "", "", ""
	return o.let(ctx, c, func(r *row) error {
		r.Due, r.Claim, r.State = 0, "", s
		return o.seal(r, told)
	})
}

// Again makes a message due at an instant.
func (o *Outbox) Again(ctx context.Context, c *Claimed, at time.Time) error {
	return o.let(ctx, c, func(r *row) error {
		r.Due, r.Claim = at.UnixMilli(), ""
		return nil
	})
}

// GiveBack makes a message due as if it had not been claimed.
func (o *Outbox) GiveBack(ctx context.Context, c *Claimed, now time.Time) error {
	return o.let(ctx, c, func(r *row) error {
		r.Due, r.Claim, r.Tries = now.UnixMilli(), "", r.Tries-1
		return nil
	})
}

// let changes a row that is still claimed by c.
func (o *Outbox) let(ctx context.Context, c *Claimed, change func(*row) error) error {
	_, err := rows.Update(ctx, o.db, func(r *row) error {
		if r.Claim != c.claim {
			return ErrLost
		}
		return change(r)
	}, c.ID)
	if errors.Is(err, store.ErrNotFound) {
		return ErrLost
	}
	return err
}
