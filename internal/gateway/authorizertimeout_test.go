package gateway

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sallyport/sallyport/internal/gateway/authorizer"
)

// neverAnswers is a function that is given up on.
type neverAnswers struct{}

func (neverAnswers) Invoke(ctx context.Context, _ Invocation) ([]byte, bool, error) {
	<-ctx.Done()
	return []byte(`{"isAuthorized":true}`), false, nil // too late
}

func TestAFunctionIsWaitedForTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		f := &functionAuthorizer{form: authorizer.Simple}
		answer, err := f.call(&Gateway{invoker: neverAnswers{}}, Invocation{}, nil)
		var failure *authorizer.Failure
		if answer != nil || !errors.As(err, &failure) || failure.Kind != authorizer.Misconfigured {
			t.Errorf("%v, %v", answer, err)
		}
		if waited := time.Since(began); waited != 10*time.Second {
			t.Errorf("waited for %v", waited)
		}
		if v := f.failed(err, nil); v.outcome != deny || v.denial != denyAuthorizer {
			t.Errorf("%+v", v)
		}
	})
}
