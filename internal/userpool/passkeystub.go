package userpool

import (
	"context"

	"github.com/sallyport/sallyport/internal/access"
)

func (p *Pool) takesPasskeys() bool { return false }
func (s *Service) hasPasskeys(ctx context.Context, p *Pool, sub string) (bool, error) {
	return false, nil
}
func (s *Service) passkeyQuestion(ctx context.Context, a attempt, n *named, session string) (map[string]string, error) {
	return nil, nil
}
func (s *Service) answerPasskey(ctx context.Context, call *access.Call, a attempt, r reply) (*answered, error) {
	return nil, unsupported("WEB_AUTHN")
}
