package userpool

import "time"

// HurryTriggers gives functions less time than AWS does, for tests of those that
// take too long.
func (s *Service) HurryTriggers() {
	s.triggers.Limit, s.triggers.Pause = 20*time.Millisecond, time.Millisecond
}
