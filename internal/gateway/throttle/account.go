package throttle

import "sync"

// Account holds the buckets of an account.
type Account struct {
	limit Limit

	mu      sync.Mutex
	regions map[string]*Bucket // one for each region that has had a stage
	stages  map[stageKey]*Stage
}

type stageKey struct{ api, stage string }

// NewAccount is an account that may have so many requests in each region.
func NewAccount(l Limit) *Account {
	return &Account{limit: l, regions: map[string]*Bucket{}, stages: map[stageKey]*Stage{}}
}

// Stage is what a stage's methods may do. It is not changed once it is made.
type Stage struct {
	account *Bucket
	buckets map[string]*Bucket // of each method; nil: the account's limit alone
}

// Stage makes the buckets of a stage's methods: settings holds, by the name of a
// method or route, what limits it, be it its own setting or the stage's. A
// method whose limit is what it was keeps its bucket as full or empty as it is;
// one that has changed starts with a full one; those that are gone are freed.
func (a *Account) Stage(region, api, stage string, settings map[string]Setting) *Stage {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := &Stage{account: a.region(region), buckets: map[string]*Bucket{}}
	before := a.stages[stageKey{api, stage}]
	for name, setting := range settings {
		l := setting.limit(a.limit)
		if setting.None() {
			s.buckets[name] = nil
		} else if before != nil && before.buckets[name] != nil && before.buckets[name].limit == l {
			s.buckets[name] = before.buckets[name]
		} else {
			s.buckets[name] = newBucket(name, l)
		}
	}
	a.stages[stageKey{api, stage}] = s
	return s
}

// region is kept for good: an account that could empty it by deleting its last
// stage could have a new one full.
func (a *Account) region(name string) *Bucket {
	b := a.regions[name]
	if b == nil {
		b = newBucket("the account in "+name, a.limit)
		a.regions[name] = b
	}
	return b
}

// Chain is what the requests of a method must pass. Methods share a bucket by
// asking for the same name.
func (s *Stage) Chain(name string) Chain { return Chain{own: s.buckets[name], account: s.account} }

// Has reports whether a method of that name was among the settings.
func (s *Stage) Has(name string) bool { _, ok := s.buckets[name]; return ok }

// Drop frees the buckets of a stage that is gone.
func (a *Account) Drop(api, stage string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.stages, stageKey{api, stage})
}

// Keep frees the buckets of all stages but those for which alive is true.
func (a *Account) Keep(alive func(api, stage string) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range a.stages {
		if !alive(key.api, key.stage) {
			delete(a.stages, key)
		}
	}
}
