package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
)

// newID makes a unique id: AWS's prefix and 17 characters of base 32.
func newID(prefix string) string {
	var raw [11]byte
	rand.Read(raw[:]) // never fails
	return prefix + base32.StdEncoding.EncodeToString(raw[:])[:17]
}

var (
	idPrefixes = map[entityKind]string{user: "AIDA", group: "AGPA", role: "AROA"}
	titles     = map[entityKind]string{user: "User", group: "Group", role: "Role"}
	quotas     = map[entityKind]int64{user: 5000, group: 300, role: 1000}
	plurals    = map[entityKind]string{user: "Users", group: "Groups", role: "Roles"}
)

func (s *Service) newEntity(call *access.Call, kind entityKind, name, path *string) (*entity, error) {
	if err := checkName(string(kind)+"Name", deref(name), longest(kind)); err != nil {
		return nil, err
	}
	p, err := pathOf(path)
	if err != nil {
		return nil, err
	}
	return &entity{ID: newID(idPrefixes[kind]), Kind: kind, Name: *name, Path: p, Created: second(call)}, nil
}

// create adds an entity within the account's quota. before runs in the same
// transaction and may refuse.
func (s *Service) create(ctx context.Context, e *entity, before func(tx *store.Tx) error) error {
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		if before != nil {
			if err := before(tx); err != nil {
				return err
			}
		}
		n, err := entities.Count(ctx, tx, "kind = $1", string(e.Kind))
		if err != nil {
			return err
		}
		if quota := quotas[e.Kind]; n >= quota {
			return limitExceeded("Cannot exceed quota for %sPerAccount: %d", plurals[e.Kind], quota)
		}
		return entities.Insert(ctx, tx, e)
	})
	if errors.Is(err, store.ErrExists) {
		return alreadyExists("%s with name %s already exists.", titles[e.Kind], e.Name)
	}
	return err
}

// find reads an entity by its name, or NoSuchEntity. Names differ by more than
// their case, but are found as they are written: what was asked for is what
// the caller's policies have been asked about.
func (s *Service) find(ctx context.Context, session store.Session, kind entityKind, name *string) (*entity, error) {
	e, err := entities.GetBy(ctx, session, "name", nameKey(kind, deref(name)))
	if errors.Is(err, store.ErrNotFound) || err == nil && e.Name != deref(name) {
		return nil, noSuchEntity("The %s with name %s cannot be found.", kind, deref(name))
	}
	return e, err
}

// change applies fn to an entity in one transaction, in which fn may read.
func (s *Service) change(ctx context.Context, kind entityKind, name *string, fn func(tx *store.Tx, e *entity) error) (changed *entity, err error) {
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		e, err := s.find(ctx, tx, kind, name)
		if err != nil {
			return err
		}
		changed, err = entities.Update(ctx, tx, func(e *entity) error { return fn(tx, e) }, e.ID)
		return err
	})
	return changed, err
}

// move renames an entity or gives it another path. The caller must be allowed
// the action on what it becomes, too: otherwise a name could be moved to where
// other policies hold.
func (s *Service) move(ctx context.Context, call *access.Call, kind entityKind, name, newName, newPath *string) error {
	if newName != nil {
		if err := checkName("new"+titles[kind]+"Name", *newName, longest(kind)); err != nil {
			return err
		}
	}
	path, err := pathOf(newPath)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, kind, name, func(_ *store.Tx, e *entity) error {
		if newName != nil {
			e.Name = *newName
		}
		if newPath != nil {
			e.Path = path
		}
		action, moved := "iam:Update"+titles[kind], e.arn(s.account)
		now := s.current.Load()
		if v := s.decide(now, call, action, moved, now.entities[e.ID], policy.Attached{}); !v.Allowed {
			return accessDenied("User: %s is not authorized to perform: %s on resource: %s%s", call.Caller.ARN, action, moved, v.Cause)
		}
		return nil
	})
	if errors.Is(err, store.ErrExists) {
		return alreadyExists("%s with name %s already exists.", titles[kind], deref(newName))
	}
	return err
}

// remove deletes an entity that has nothing any more. unused says what else it
// must be free of.
func (s *Service) remove(ctx context.Context, kind entityKind, name *string, unused func(tx *store.Tx, e *entity) error) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		e, err := s.find(ctx, tx, kind, name)
		if err != nil {
			return err
		}
		switch {
		case len(e.Attached) > 0:
			return deleteConflict("Cannot delete entity, must detach all policies first.")
		case len(e.Inline) > 0:
			return deleteConflict("Cannot delete entity, must delete policies first.")
		}
		if err := unused(tx, e); err != nil {
			return err
		}
		return entities.Delete(ctx, tx, e.ID)
	})
}

// listEntities reads a page of one kind, by name, under a path.
func (s *Service) listEntities(ctx context.Context, operation string, kind entityKind, prefix, marker *string, maxItems *int32) ([]*entity, bool, *string, error) {
	under := deref(prefix)
	if prefix != nil && (!strings.HasPrefix(under, "/") || len(under) > maxPath) {
		return nil, false, nil, validation("The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric characters and/or / characters.")
	}
	l, err := s.listing(operation, under, marker, maxItems)
	if err != nil {
		return nil, false, nil, err
	}
	rows, err := entities.List(ctx, s.db, "kind = $1 and name > $2 and substr(path, 1, length($3)) = $3 order by name limit $4",
		string(kind), l.after, under, l.limit+1)
	if err != nil {
		return nil, false, nil, err
	}
	rows, truncated, next := page(l, rows, func(e *entity) string { return nameKey(e.Kind, e.Name) })
	return rows, truncated, next, nil
}

// insertSorted adds text to a sorted list, once.
func insertSorted(list []string, text string) []string {
	at, there := slices.BinarySearch(list, text)
	if there {
		return list
	}
	return slices.Insert(list, at, text)
}

func removeSorted(list []string, text string) ([]string, bool) {
	at, there := slices.BinarySearch(list, text)
	if !there {
		return list, false
	}
	return slices.Delete(list, at, at+1), true
}
