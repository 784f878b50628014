package account

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

// snapshot is every key, entity, policy and provider of the account, compiled. It never
// changes; a change of the database makes a new one.
type snapshot struct {
	keys     map[string]*heldKey
	entities map[string]*compiledEntity // by unique id
	names    map[string]string          // kind/name in lower case -> unique id
	policies map[string]*policy.Policy  // default versions, by ARN; without AWS's
	// policyTags are theirs, of those that have any.
	policyTags map[string][]tag

	providers map[string]*compiledProvider // by ARN

	grants sync.Map // unique id -> *grants, made when they are first asked for
	counts func() map[string]useCount
}

// useCount is how many a policy is attached to, and how many it bounds.
type useCount struct{ attached, bounding int32 }

// heldKey is a long-term key that is not inactive.
type heldKey struct {
	owner  string
	secret keyring.Secret
	sealed []byte // when the secret could not be opened; it is tried again at each use
}

// compiledEntity is an entity with its own policies ready. A policy that could
// not be read stays nil: whoever has it is denied everything.
type compiledEntity struct {
	*entity
	inline []policy.Attached
	trust  *policy.Policy
}

// grants is what an entity may do: the policies of each layer.
type grants struct {
	identity, boundary []policy.Attached
}

func newSnapshot() *snapshot {
	n := &snapshot{
		keys: map[string]*heldKey{}, entities: map[string]*compiledEntity{},
		names: map[string]string{}, policies: map[string]*policy.Policy{}, policyTags: map[string][]tag{}, providers: map[string]*compiledProvider{},
	}
	n.counts = sync.OnceValue(n.count)
	return n
}

// follow keeps the snapshot in step with the database.
func (s *Service) follow(ctx context.Context) error {
	tables := []string{"access_keys", "iam_entities", "iam_policies", "iam_providers"}
	return s.db.Follow(ctx, tables, func(ctx context.Context, reload bool, changes []store.Change) error {
		next, err := newSnapshot(), error(nil)
		if reload {
			err = s.readAll(ctx, next)
		} else {
			now := s.current.Load()
			next.keys, next.entities = maps.Clone(now.keys), maps.Clone(now.entities)
			next.names, next.policies = maps.Clone(now.names), maps.Clone(now.policies)
			next.policyTags = maps.Clone(now.policyTags)
			next.providers = maps.Clone(now.providers)
			err = s.readChanges(ctx, next, changes)
		}
		if err == nil {
			s.current.Store(next)
		}
		return err
	})
}

func (s *Service) readAll(ctx context.Context, next *snapshot) error {
	keys, err := accessKeys.List(ctx, s.db, "")
	if err != nil {
		return err
	}
	rows, err := entities.List(ctx, s.db, "")
	if err != nil {
		return err
	}
	policies, err := managedPolicies.List(ctx, s.db, "")
	if err != nil {
		return err
	}
	trusted, err := providers.List(ctx, s.db, "")
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := s.putKey(next, k); err != nil {
			return err
		}
	}
	for _, e := range rows {
		next.putEntity(e)
	}
	for _, p := range policies {
		next.putPolicy(p)
	}
	for _, p := range trusted {
		s.putProvider(next, p)
	}
	return nil
}

// readChanges reads the rows that changed. A row that is gone leaves the snapshot.
func (s *Service) readChanges(ctx context.Context, next *snapshot, changes []store.Change) error {
	for _, c := range changes {
		var err error
		id := c.Key[0]
		switch c.Table {
		case "access_keys":
			var k *accessKey
			delete(next.keys, id)
			if k, err = accessKeys.Get(ctx, s.db, id); err == nil {
				err = s.putKey(next, k)
			}
		case "iam_entities":
			var e *entity
			next.dropEntity(id)
			if e, err = entities.Get(ctx, s.db, id); err == nil {
				next.putEntity(e)
			}
		case "iam_policies":
			var p *managedPolicy
			delete(next.policies, id)
			delete(next.policyTags, id)
			if p, err = managedPolicies.Get(ctx, s.db, id); err == nil {
				next.putPolicy(p)
			}
		case "iam_providers":
			var p *identityProvider
			delete(next.providers, id)
			if p, err = providers.Get(ctx, s.db, id); err == nil {
				s.putProvider(next, p)
			}
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// putKey takes in a key that signs. A root key that the operator set replaces
// the stored one.
func (s *Service) putKey(next *snapshot, k *accessKey) error {
	if k.Inactive || k.Owner == ownerRoot && s.given.AccessKeyID != "" {
		return nil
	}
	secret, err := s.keyring.Open(keyring.AccessKeys, k.ID, k.Sealed)
	switch {
	case err == nil:
		next.keys[k.ID] = &heldKey{owner: k.Owner, secret: keyring.NewSecret(string(secret))}
	case k.Owner == ownerRoot:
		return fmt.Errorf("access key %s: %w", k.ID, err)
	default: // one damaged row must not keep the changes of all others away
		next.keys[k.ID] = &heldKey{owner: k.Owner, sealed: k.Sealed}
	}
	return nil
}

func (n *snapshot) dropEntity(id string) {
	old := n.entities[id]
	if old == nil {
		return
	}
	delete(n.entities, id)
	if key := nameKey(old.Kind, old.Name); n.names[key] == id { // it may be another's by now
		delete(n.names, key)
	}
}

func (n *snapshot) putEntity(e *entity) {
	c := &compiledEntity{entity: e}
	for _, p := range e.Inline {
		c.inline = append(c.inline, policy.Attached{Name: p.Name + " of " + string(e.Kind) + " " + e.Name, Policy: parsed(policy.Identity, p.Text)})
	}
	if e.Role != nil {
		c.trust = parsed(policy.Trust, e.Role.TrustBound)
	}
	n.entities[e.ID] = c
	n.names[nameKey(e.Kind, e.Name)] = e.ID
}

func (n *snapshot) putPolicy(p *managedPolicy) {
	n.policies[p.ARN] = parsed(policy.Managed, p.text())
	if len(p.Tags) > 0 {
		n.policyTags[p.ARN] = p.Tags
	}
}

// parsed is nil for a text that is no policy, which denies.
func parsed(kind policy.Kind, text string) *policy.Policy {
	p, err := policy.Parse(kind, []byte(text))
	if err != nil {
		return nil
	}
	return p
}

// managed is the default version of a managed policy under its ARN.
func (n *snapshot) managed(arn string) policy.Attached {
	p := awsCompiled(arn)
	if p == nil {
		p = n.policies[arn]
	}
	return policy.Attached{Name: arn, Policy: p}
}

// grantsOf collects the policies of an entity, and of its groups.
func (n *snapshot) grantsOf(id string) *grants {
	if known, ok := n.grants.Load(id); ok {
		return known.(*grants)
	}
	e := n.entities[id]
	if e == nil {
		return nil
	}
	g := &grants{}
	add := func(e *compiledEntity) {
		g.identity = append(g.identity, e.inline...)
		for _, arn := range e.Attached {
			g.identity = append(g.identity, n.managed(arn))
		}
	}
	add(e)
	for _, groupID := range e.Groups {
		if member := n.entities[groupID]; member != nil {
			add(member)
		}
	}
	if e.Boundary != "" {
		g.boundary = []policy.Attached{n.managed(e.Boundary)}
	}
	known, _ := n.grants.LoadOrStore(id, g)
	return known.(*grants)
}

// named finds an entity by its name.
func (n *snapshot) named(kind entityKind, name string) *compiledEntity {
	return n.entities[n.names[nameKey(kind, name)]]
}

// uses counts those whom a policy is attached to, and whose boundary it is.
func (n *snapshot) uses(arn string) (attached, bounding int32) {
	c := n.counts()[arn]
	return c.attached, c.bounding
}

func (n *snapshot) count() map[string]useCount {
	all := map[string]useCount{}
	for _, e := range n.entities {
		for _, arn := range e.Attached {
			c := all[arn]
			c.attached++
			all[arn] = c
		}
		if e.Boundary != "" {
			c := all[e.Boundary]
			c.bounding++
			all[e.Boundary] = c
		}
	}
	return all
}
