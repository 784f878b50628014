package authorizer

import "context"

// Origin is where an answer is from.
type Origin uint8

const (
	Called     Origin = iota // the function was called for this request
	Awaited                  // it was being called for another one with the same identity
	Remembered               // it had been called before
)

func (o Origin) String() string {
	switch o {
	case Awaited:
		return "the answer to another request that was waiting"
	case Remembered:
		return "a cached answer"
	}
	return "a call"
}

// flight is a call under way for one key.
type flight struct {
	done   chan struct{}
	answer *Answer
	err    error
}

// Find is the remembered answer under a key, nil if there is none that is good.
func (s *Scope) Find(k Key) *Answer {
	if s.ttl == 0 {
		return nil
	}
	shard := s.cache.shard(&k)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	return shard.find(&k, s.cache.clock.Now())
}

// Answer is the remembered answer under a key, or that of call, which happens
// once for all who want it at a time. ctx ends the waiting of its own request
// and nothing else: call runs on by itself, must bound its own time, and must
// not use what belongs to a request. Its failure reaches those who waited and is
// forgotten. Without a time to live each request has a call of its own.
func (s *Scope) Answer(ctx context.Context, k Key, call func() (*Answer, error)) (*Answer, Origin, error) {
	if s.ttl == 0 {
		f := &flight{done: make(chan struct{})}
		go func() {
			defer close(f.done)
			f.run(call)
		}()
		return f.wait(ctx, Called)
	}
	now := s.cache.clock.Now()
	shard := s.cache.shard(&k)
	shard.mu.Lock()
	if a := shard.find(&k, now); a != nil {
		shard.mu.Unlock()
		return a, Remembered, nil
	}
	if f := shard.flights[k]; f != nil {
		shard.mu.Unlock()
		return f.wait(ctx, Awaited)
	}
	f := &flight{done: make(chan struct{})}
	shard.flights[k] = f
	shard.mu.Unlock()
	go s.fly(shard, f, k, call)
	return f.wait(ctx, Called)
}

// fly is on its own, so that whoever began it may leave without taking the call
// away from those who joined.
func (s *Scope) fly(shard *shard, f *flight, k Key, call func() (*Answer, error)) {
	f.run(call)
	until := s.cache.clock.Now().Add(s.ttl)
	shard.mu.Lock()
	delete(shard.flights, k)
	if f.err == nil {
		shard.keep(&k, f.answer, until)
	}
	shard.mu.Unlock()
	close(f.done)
}

// run lets no panic of a call end the server, and no call end without an answer
// or a failure.
func (f *flight) run(call func() (*Answer, error)) {
	defer func() {
		if p := recover(); p != nil {
			// What it panicked with may hold anything, also of the request.
			f.answer, f.err = nil, &Failure{Misconfigured, "the call panicked"}
		}
	}()
	f.answer, f.err = call()
	if f.err == nil && f.answer == nil {
		f.err = &Failure{Misconfigured, "the call came back with nothing"}
	}
}

func (f *flight) wait(ctx context.Context, from Origin) (*Answer, Origin, error) {
	select {
	case <-f.done:
		return f.answer, from, f.err
	case <-ctx.Done():
		return nil, from, ctx.Err()
	}
}
