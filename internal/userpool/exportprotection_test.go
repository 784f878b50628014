package userpool

import "context"

// SetCompromised gives the service the operator's list of compromised passwords.
func (s *Service) SetCompromised(list CompromisedPasswords) { s.compromised = list }

// SetSignUps sets how many sign-ups an hour a network has.
func (s *Service) SetSignUps(n int64) { s.signUps = n }

// SetNames sets for how many names an hour a network may have something done.
func (s *Service) SetNames(n int64) { s.names = n }

// Sweep removes what has expired, as happens every minute.
func (s *Service) Sweep(ctx context.Context) error { return s.sweep(ctx) }

// WriteEvents writes authentication events, as happens every second.
func (s *Service) WriteEvents(ctx context.Context) error { return s.writeEvents(ctx) }

// Queues is how many users somebody waits for the turn of.
func (s *Service) Queues() int {
	s.queues.mu.Lock()
	defer s.queues.mu.Unlock()
	return len(s.queues.open)
}
