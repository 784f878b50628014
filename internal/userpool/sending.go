package userpool

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/kms/message"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// keepSending hands messages to the functions of pools until ctx ends.
func (s *Service) keepSending(ctx context.Context) {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.sendDue(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("messages that wait for custom senders could not be read; trying again", "error", err)
			}
		}
	}
}

// sendingSlots are the functions that run for this on a node. A pool has a share
// of them, so that one whose function hangs holds up nobody else's messages.
type sendingSlots struct {
	mu     sync.Mutex
	all    int
	byPool map[string]int
	trying sync.WaitGroup
}

func (s *sendingSlots) take(pool string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= sendAtOnce || s.byPool[pool] >= sendOfPool {
		return false
	}
	if s.byPool == nil {
		s.byPool = map[string]int{}
	}
	s.all++
	s.byPool[pool]++
	return true
}

// full are the pools that have their share of slots already, filled up to the
// most that there can be. What waits for them may be thousands of messages, behind
// which nobody else's must be overlooked.
func (s *sendingSlots) full() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	pools := make([]any, 0, sendFull)
	for pool, n := range s.byPool {
		if n >= sendOfPool {
			pools = append(pools, pool)
		}
	}
	for len(pools) < sendFull {
		pools = append(pools, "")
	}
	return pools
}

func (s *sendingSlots) free(pool string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.byPool[pool]--; s.byPool[pool] == 0 {
		delete(s.byPool, pool)
	}
}

// sendDue begins to hand over what is due now, as far as there are slots for it.
func (s *Service) sendDue(ctx context.Context) error {
	for {
		began, err := s.sendSome(ctx)
		if err != nil || began == 0 {
			return err
		}
	}
}

// sendSome begins with as many messages as there can be slots for, and reads no
// more: whoever asks for a message says how long it is.
func (s *Service) sendSome(ctx context.Context) (began int, err error) {
	now := s.clock.Now()
	due, err := sendingTable.List(ctx, s.db, sendingsDue, append([]any{now.UnixMilli(), sendAtOnce}, s.sending.full()...)...)
	if err != nil {
		return 0, err
	}
	for _, one := range due {
		if !s.sending.take(one.PoolID) {
			continue
		}
		claimed, err := s.claim(ctx, one.ID, now)
		if err != nil {
			s.sending.free(one.PoolID)
			if errors.Is(err, errClaimed) {
				continue
			}
			return began, err
		}
		began++
		s.sending.trying.Go(func() {
			defer s.sending.free(claimed.PoolID)
			s.trySending(ctx, claimed)
		})
	}
	return began, nil
}

// errClaimed: another node is at it, or done with it.
var errClaimed = errors.New("userpool: the message is another's to send")

// claim takes a message for as long as a try can last.
func (s *Service) claim(ctx context.Context, id string, now time.Time) (*Sending, error) {
	claimed, err := sendingTable.Update(ctx, s.db, func(one *Sending) error {
		if one.Due > now.UnixMilli() {
			return errClaimed
		}
		one.Tries++
		one.Due = now.Add(sendLease).UnixMilli()
		return nil
	}, id)
	if errors.Is(err, store.ErrNotFound) {
		err = errClaimed
	}
	return claimed, err
}

// trySending asks the function once, and keeps the message for later if it failed.
// Neither the log nor a row in plain ever holds the code.
func (s *Service) trySending(ctx context.Context, one *Sending) {
	now := s.clock.Now()
	gone := now.UnixMilli() >= one.Expires
	var failure error
	if !gone {
		if failure = s.handOver(ctx, one); failure != nil && ctx.Err() != nil {
			return // the server ends: it is tried again when the claim is over
		}
	}
	over := one.Tries >= sendTries || errors.Is(failure, errNoSender)
	var err error
	if failure == nil || over {
		err = sendingTable.Delete(ctx, s.db, one.ID)
	} else {
		_, err = sendingTable.Update(ctx, s.db, func(row *Sending) error {
			row.Due = s.clock.Now().Add(sendAgain(one.Tries)).UnixMilli()
			return nil
		}, one.ID)
	}
	if errors.Is(err, store.ErrNotFound) { // its user or pool has gone
		err = nil
	}
	said := []any{"pool", one.PoolID, "user", one.Sub, "try", one.Tries, "error", errors.Join(failure, err)}
	switch {
	case gone:
		s.log.Error("a message to a user was not sent in time and is dropped", said...)
	case failure != nil && over:
		s.log.Error("a message to a user could not be handed to the pool's sender and is dropped", said...)
	case failure != nil || err != nil:
		s.log.Warn("a message to a user could not be handed to the pool's sender; trying again", said...)
	}
}

// errNoSender: the pool has no function for it any more.
var errNoSender = errors.New("userpool: the pool has no custom sender for the message")

// senderRequest is the request of a sender's event.
type senderRequest struct {
	Type       string            `json:"type"`
	Code       string            `json:"code"`
	Metadata   map[string]string `json:"clientMetadata"`
	Attributes map[string]string `json:"userAttributes"`
}

// senderTypes are the only requests that there are, by trigger.
var senderTypes = map[trigger.Kind]string{
	trigger.CustomEmailSender: "customEmailSenderRequestV1",
	trigger.CustomSMSSender:   "customSMSSenderRequestV1",
}

// handOver encrypts the code for the pool's function and runs it. What it answers
// is without effect, as at AWS; that it throws is a failure.
func (s *Service) handOver(ctx context.Context, one *Sending) error {
	plain, err := s.keys.Open(keyring.Outbox, "sending/"+one.ID, one.Sealed)
	if err != nil {
		return err
	}
	var t told
	if err := json.Unmarshal(plain, &t); err != nil {
		return errors.New("the row cannot be read") // the decoder's words may hold what it says
	}
	p := s.current.Load().pools[one.PoolID]
	if p == nil || p.function(t.Kind) == "" {
		return errNoSender
	}
	call := &access.Call{Account: s.account, Region: p.Region, RequestID: one.ID, Time: s.clock.Now()}
	code, err := s.encryptedCode(call, p.Pool, t.Code)
	if err != nil {
		return err
	}
	err = s.triggers.Run(ctx, t.Kind, p.function(t.Kind), arn(p.Region, s.account, p.ID), one.ID, &trigger.Event{
		Source: t.Kind.Of(t.What), Region: p.Region, PoolID: p.ID, UserName: t.Username, ClientID: t.ClientID,
		Request:  senderRequest{senderTypes[t.Kind], code, t.Metadata, t.Attributes},
		Response: new(nothing),
	})
	if f, ok := errors.AsType[*trigger.Failure](err); ok && f.Way == trigger.Unreadable {
		return nil // it ran
	}
	return err // of a Failure it says no more than what failed
}

// encryptedCode is a message of the AWS Encryption SDK. Whoever opens it with the
// SDK learns from its context which pool it is of.
func (s *Service) encryptedCode(call *access.Call, p *Pool, code string) (string, error) {
	context := map[string]string{"userpool-id": p.ID}
	key, wrapped, err := s.kms.DataKey(call, deref(p.Lambda.KMSKeyID), message.KeySize, context)
	if err != nil {
		return "", err
	}
	sealed, err := message.Seal(s.random, key, message.Wrapped{Provider: "aws-kms", Info: deref(p.Lambda.KMSKeyID), Key: wrapped}, context, []byte(code))
	return base64.StdEncoding.EncodeToString(sealed), err
}
