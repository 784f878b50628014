package userpool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/store"
)

// snapshot is every pool, client and key of the deployment. It never changes;
// a change of the database makes a new one.
type snapshot struct {
	pools   map[string]*poolState
	clients map[string]*clientState

	verifiers map[string]bool // of pools that have clients: whether one of them may use SRP
}

// poolState is a pool with what its tokens are made and checked with.
type poolState struct {
	*Pool
	keys      []*signingKey // all that verify, by id
	documents documents     // the public documents, ready to send
	tokens    tokenChecks
	servers   []*ResourceServer // by identifier
}

// follow keeps the snapshot in step with the database.
func (s *Service) follow(ctx context.Context) error {
	tables := []string{"user_pools", "user_pool_keys", "user_pool_clients", "user_pool_resource_servers"}
	return s.db.Follow(ctx, tables, func(ctx context.Context, reload bool, changes []store.Change) error {
		var next *snapshot
		var err error
		if reload {
			next, err = s.readAll(ctx)
		} else {
			next, err = s.readChanges(ctx, changes)
		}
		if err != nil {
			return err
		}
		s.current.Store(next)
		return nil
	})
}

func (s *Service) readAll(ctx context.Context) (*snapshot, error) {
	pools, err := poolTable.List(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	keys, err := keyTable.List(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	clients, err := clientTable.List(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	servers, err := resourceServerTable.List(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	serversByPool := map[string][]*ResourceServer{}
	for _, r := range servers {
		serversByPool[r.PoolID] = append(serversByPool[r.PoolID], r)
	}
	byPool := map[string][]*SigningKey{}
	for _, k := range keys {
		byPool[k.PoolID] = append(byPool[k.PoolID], k)
	}
	next := &snapshot{pools: make(map[string]*poolState, len(pools)), clients: make(map[string]*clientState, len(clients))}
	for _, p := range pools {
		if next.pools[p.ID], err = s.newPoolState(p, byPool[p.ID], serversByPool[p.ID]); err != nil {
			return nil, err
		}
	}
	for _, c := range clients {
		if next.clients[c.ID], err = s.newClientState(c); err != nil {
			return nil, err
		}
	}
	next.noteVerifiers()
	return next, nil
}

// readChanges builds the next snapshot from the current one and the rows that changed.
func (s *Service) readChanges(ctx context.Context, changes []store.Change) (*snapshot, error) {
	now := s.current.Load()
	next := &snapshot{pools: maps.Clone(now.pools), clients: maps.Clone(now.clients)}
	if next.pools == nil || next.clients == nil {
		return s.readAll(ctx)
	}
	stale := map[string]bool{}
	for _, change := range changes {
		id := change.Key[0]
		switch change.Table {
		case "user_pools", "user_pool_resource_servers":
			stale[id] = true
		case "user_pool_keys":
			// A key that is gone is looked for in the pools that had it.
			if k, err := keyTable.Get(ctx, s.db, id); err == nil {
				stale[k.PoolID] = true
			} else if !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
			for _, p := range now.pools {
				if slices.ContainsFunc(p.keys, func(k *signingKey) bool { return k.ID == id }) {
					stale[p.ID] = true
				}
			}
		case "user_pool_clients":
			c, err := clientTable.Get(ctx, s.db, id)
			switch {
			case errors.Is(err, store.ErrNotFound):
				delete(next.clients, id)
			case err != nil:
				return nil, err
			default:
				if next.clients[id], err = s.newClientState(c); err != nil {
					return nil, err
				}
			}
		}
	}
	for id := range stale {
		p, err := poolTable.Get(ctx, s.db, id)
		if errors.Is(err, store.ErrNotFound) {
			delete(next.pools, id)
			continue
		}
		if err != nil {
			return nil, err
		}
		keys, err := keyTable.List(ctx, s.db, ofPool, id)
		if err != nil {
			return nil, err
		}
		servers, err := resourceServerTable.List(ctx, s.db, serversOf, id)
		if err != nil {
			return nil, err
		}
		if next.pools[id], err = s.newPoolState(p, keys, servers); err != nil {
			return nil, err
		}
	}
	next.noteVerifiers()
	return next, nil
}

func (s *Service) newPoolState(p *Pool, rows []*SigningKey, servers []*ResourceServer) (*poolState, error) {
	state := &poolState{Pool: p, servers: servers}
	before := s.current.Load().pools[p.ID]
	slices.SortFunc(rows, byBeginning)
	for _, row := range rows {
		key := before.find(row)
		if key == nil {
			var err error
			if key, err = s.openKey(row); err != nil {
				return nil, fmt.Errorf("user pool %s, key %s: %w", p.ID, row.ID, err)
			}
		}
		state.keys = append(state.keys, key)
	}
	var err error
	if state.documents, err = newDocuments(s.issuer(p.ID), state.keys); err != nil {
		return nil, err
	}
	state.tokens, err = s.newTokenChecks(p)
	return state, err
}

// find returns the parsed key of an earlier snapshot: parsing checks the key's
// numbers and costs as much as a signature. nil for a pool that is not there.
func (p *poolState) find(row *SigningKey) *signingKey {
	if p == nil {
		return nil
	}
	for _, k := range p.keys {
		if k.ID == row.ID { // its row never changes
			return k
		}
	}
	return nil
}

// signer is the key that signs tokens of that use at an instant: of those that
// may, the last. Where a clock is behind the one that made the first, that one.
func (p *poolState) signer(use TokenUse, now time.Time) (*signingKey, error) {
	var first *signingKey
	for _, k := range slices.Backward(p.keys) {
		if k.Use != use {
			continue
		}
		if !waits(&k.SigningKey, now) {
			return k, nil
		}
		first = k
	}
	if first != nil {
		return first, nil
	}
	return nil, fmt.Errorf("userpool: pool %s has no key that signs %s tokens", p.ID, use)
}

func (s *Service) newClientState(c *Client) (*clientState, error) {
	secrets, err := s.openSecrets(c)
	return &clientState{Client: c, secrets: secrets}, err
}
