package userpool

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// Custom senders: a pool's function brings its messages to people, in the place
// of our own delivery, and gets codes that only the pool's KMS key opens.
//
//	post -> row, sealed, in the transaction of the code -> Sender of some node -> encrypted code -> function
//	                        ^                                     |
//	                        +------ later, a few times <----------+ it failed
//
// A code that nobody gets is as bad as none, and no function may run inside a
// transaction: so the message is kept with the code, or not at all, and handed
// over after. A node claims it for a while before it asks the function; one that
// dies meanwhile leaves it to another. Hence a function may see a message twice,
// never none that it could have been given.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html

// KMS is where the keys of custom senders are.
type KMS interface {
	// MayGrant refuses a caller who may not let a service of AWS use a key.
	MayGrant(ctx context.Context, call *access.Call, keyARN, service string) error
	// DataKey draws a key of size bytes and encrypts it under keyARN with the context.
	DataKey(call *access.Call, keyARN string, size int, context map[string]string) (plain, wrapped []byte, err error)
}

// Sending is a message that waits for the pool's function. What it says is sealed.
type Sending struct {
	ID, PoolID, Sub string
	Sealed          []byte
	Due             int64 // Unix milliseconds: when it is tried next
	Tries           int   // that were begun
	Expires         int64 // Unix milliseconds: nobody needs it any more
}

// told is what is sealed in a Sending.
type told struct {
	Kind       trigger.Kind
	What       string // SignUp, ForgotPassword ...
	ClientID   string
	Username   string
	Attributes map[string]string
	Metadata   map[string]string
	Code       string
}

var sendingTable = store.NewTable(store.Schema[Sending]{
	Table: "user_pool_sendings",
	Key:   []store.Column[Sending]{{Name: "id", Value: func(s *Sending) any { return s.ID }}},
	Columns: []store.Column[Sending]{
		{Name: "pool_id", Value: func(s *Sending) any { return s.PoolID }},
		{Name: "sub", Value: func(s *Sending) any { return s.Sub }},
		{Name: "due", Value: func(s *Sending) any { return s.Due }},
		{Name: "expires", Value: func(s *Sending) any { return s.Expires }},
	},
})

const sendingsDue = "due <= $1 and pool_id not in ($3, $4, $5, $6) order by due limit $2"

// post is a message that is ready to be kept: for our own delivery, or for the
// function that the pool has for its channel.
type post struct {
	outbox.Message
	sending *Sending
}

// senderOf is the trigger that the pool has for the messages of a channel.
func (p *Pool) senderOf(channel string) (trigger.Kind, bool) {
	kind := trigger.CustomEmailSender
	if channel == outbox.SMS {
		kind = trigger.CustomSMSSender
	}
	return kind, p.function(kind) != ""
}

const (
	sendEvery  = 250 * time.Millisecond // how soon a message is handed over
	sendLease  = time.Minute            // longer than all tries of one invocation
	sendTries  = 6
	sendAtOnce = 16                      // functions that a node runs for this at a time,
	sendOfPool = 4                       // and of them for one pool,
	sendFull   = sendAtOnce / sendOfPool // so that so many can have all of theirs
	// forInvitations is how long an invitation is worth sending.
	forInvitations = 24 * time.Hour
)

// sendAgain is how long a message rests after its nth try.
func sendAgain(n int) time.Duration { return 5 * time.Second << (2 * min(n-1, 4)) } // 5 s, 20 s, 80 s, 5 min, 21 min

// post makes a message ready. l says what it is about.
func (s *Service) post(l letter, m outbox.Message, now time.Time) (post, error) {
	kind, custom := l.pool.senderOf(m.Channel)
	if !custom {
		return post{Message: m}, nil
	}
	id, err := newUUID(s.random)
	if err != nil {
		return post{}, err
	}
	plain, err := json.Marshal(told{
		Kind: kind, What: l.what, ClientID: l.client, Username: l.user.Username, Attributes: l.pool.toldOf(l.user), Metadata: l.metadata, Code: m.Code,
	})
	if err != nil {
		return post{}, err
	}
	until := m.Until
	if until.IsZero() {
		until = now.Add(forInvitations)
	}
	one := &Sending{ID: id, PoolID: l.pool.ID, Sub: l.user.Sub, Due: now.UnixMilli(), Expires: until.UnixMilli()}
	if one.Sealed, err = s.keys.Seal(keyring.Outbox, "sending/"+id, plain); err != nil {
		return post{}, err
	}
	return post{Message: m, sending: one}, nil
}

// put keeps a message, in the transaction that makes what it tells about.
func (s *Service) put(ctx context.Context, tx *store.Tx, messages ...post) error {
	for _, m := range messages {
		err := error(nil)
		if m.sending != nil {
			err = sendingTable.Insert(ctx, tx, m.sending)
		} else {
			err = s.outbox.Put(ctx, tx, m.Message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
