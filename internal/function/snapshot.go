package function

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/store"
)

// key names a function within the deployment.
type key struct{ region, name string }

// snapshot is all functions as the data plane sees them. It never changes; a
// change makes a new one.
type snapshot struct{ functions map[key]*entry }

type entry struct {
	latest      *version
	versions    map[string]*version // by number
	aliases     map[string]*alias
	permissions map[string]grants          // by qualifier; "" is the function itself
	policies    map[string]*resourcePolicy // what they were compiled from; read-only
	tags        map[string][]string        // as condition keys: aws:resourcetag/team; read-only
	reserved    int64                      // concurrency; -1: none reserved
	busy        *atomic.Int64              // events under way; outlives changes of the function
}

// version is one version and, once it has been needed, what the runner needs.
type version struct {
	id       string // changes whenever code or configuration does
	label    string // "$LATEST" or a number
	at       key
	config   Configuration
	prepared atomic.Pointer[runner.Function]
}

type alias struct {
	primary   string
	secondary string // "" for none
	weight    float64
}

func newVersion(at key, label string, c Configuration) *version {
	return &version{id: at.region + "/" + at.name + "/" + label + "/" + c.Build, label: label, at: at, config: c}
}

// follow fills the snapshot and keeps it current until ctx ends.
func (s *Service) follow(ctx context.Context) error {
	return s.db.Follow(ctx, []string{"functions", "function_versions", "function_aliases"},
		func(ctx context.Context, reload bool, changes []store.Change) error {
			if reload {
				return s.reload(ctx)
			}
			next := &snapshot{maps.Clone(s.current.Load().functions)}
			seen := map[key]bool{}
			for _, c := range changes {
				at := key{c.Key[0], c.Key[1]}
				if seen[at] {
					continue
				}
				seen[at] = true
				if err := s.refresh(ctx, next, at); err != nil {
					return err
				}
			}
			s.publish(next)
			return nil
		})
}

func (s *Service) reload(ctx context.Context) error {
	rows, err := functionTable.List(ctx, s.db, "")
	if err != nil {
		return err
	}
	next := &snapshot{make(map[key]*entry, len(rows))}
	for _, row := range rows {
		if err := s.load(ctx, next, row); err != nil {
			return err
		}
	}
	s.publish(next)
	return nil
}

// refresh reads one function again, or takes it out.
func (s *Service) refresh(ctx context.Context, next *snapshot, at key) error {
	row, err := functionTable.Get(ctx, s.db, at.region, at.name)
	if errors.Is(err, store.ErrNotFound) {
		delete(next.functions, at)
		return nil
	}
	if err != nil {
		return err
	}
	return s.load(ctx, next, row)
}

func (s *Service) load(ctx context.Context, next *snapshot, row *functionRow) error {
	versions, err := versionTable.List(ctx, s.db, versionsOf, row.Region, row.Name)
	if err != nil {
		return err
	}
	aliases, err := aliasTable.List(ctx, s.db, aliasesOf, row.Region, row.Name)
	if err != nil {
		return err
	}
	at := key{row.Region, row.Name}
	e := &entry{
		latest:      newVersion(at, latest, row.Latest),
		versions:    make(map[string]*version, len(versions)),
		aliases:     make(map[string]*alias, len(aliases)),
		permissions: s.compiled(row),
		policies:    row.Policies,
		tags:        resourceTags(row.Tags),
		reserved:    -1,
		busy:        new(atomic.Int64),
	}
	if row.Reserved != nil {
		e.reserved = int64(*row.Reserved)
	}
	for _, v := range versions {
		e.versions[v.label()] = newVersion(at, v.label(), v.Configuration)
	}
	for _, a := range aliases {
		compiled := &alias{primary: a.Version}
		for other, weight := range a.Weights {
			compiled.secondary, compiled.weight = other, weight
		}
		e.aliases[a.Name] = compiled
	}
	if old := s.current.Load().functions[at]; old != nil {
		e.busy = old.busy
		e.latest = kept(old.latest, e.latest)
		for label, v := range e.versions {
			e.versions[label] = kept(old.versions[label], v)
		}
	}
	next.functions[at] = e
	return nil
}

// kept is the old version if it is the same: it may have been prepared.
func kept(old, fresh *version) *version {
	if old != nil && old.id == fresh.id {
		return old
	}
	return fresh
}

// publish makes next what the data plane sees, and lets the processes of what is gone end.
func (s *Service) publish(next *snapshot) {
	old := s.current.Swap(next)
	for at, e := range old.functions {
		now := next.functions[at]
		if now == e {
			continue
		}
		for v := range e.all() {
			if now == nil || now.version(v.label) != v {
				s.runner.Retire(v.id)
			}
		}
	}
}

func (e *entry) all() func(yield func(*version) bool) {
	return func(yield func(*version) bool) {
		if !yield(e.latest) {
			return
		}
		for _, v := range e.versions {
			if !yield(v) {
				return
			}
		}
	}
}

// version finds a version by its label, not by alias.
func (e *entry) version(label string) *version {
	if label == latest {
		return e.latest
	}
	return e.versions[label]
}

// resolve finds the version that a qualifier means now; an alias with weights
// is asked anew for every event. nil if there is none.
func (e *entry) resolve(qualifier string, chance func() float64) *version {
	if qualifier == "" {
		return e.latest
	}
	if v := e.version(qualifier); v != nil {
		return v
	}
	a := e.aliases[qualifier]
	if a == nil {
		return nil
	}
	label := a.primary
	if a.secondary != "" && chance() < a.weight {
		label = a.secondary
	}
	return e.version(label)
}
