package function_test

import (
	"context"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/runner"
)

// crew stands in for the account's roles: all may be passed and trust Lambda,
// but those that it is told of.
type crew struct {
	mu       sync.Mutex
	denied   map[string]bool // may not be passed
	distrust map[string]bool // do not trust Lambda, or are not there
	ended    bool            // no session of any
	endless  bool            // sessions that do not say when they end
	asked    []string
	about    []string // iam:AssociatedResourceArn of each question
}

func (c *crew) note(call *access.Call, what string) {
	c.asked = append(c.asked, what)
	c.about = append(c.about, call.Conditions["iam:associatedresourcearn"]...)
}

func (c *crew) MayPass(call *access.Call, role string) access.Verdict {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(call, "pass "+role)
	return access.Verdict{Allowed: !c.denied[role]}
}

func (c *crew) Trusts(call *access.Call, role string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(call, "trust "+role)
	return !c.distrust[role]
}

func (c *crew) Credentials(_ context.Context, role, functionARN string) (runner.Credentials, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, "credentials of "+role+" for "+functionARN)
	if c.ended {
		return runner.Credentials{}, function.ErrRole
	}
	made := runner.Credentials{AccessKeyID: "ASIA", SecretAccessKey: keyring.NewSecret("s"), SessionToken: keyring.NewSecret("t")}
	if !c.endless {
		made.Expires = time.Now().Add(time.Hour)
	}
	return made, nil
}

func (c *crew) set(change func(*crew)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

func (c *crew) questions() (asked, about []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked, about, c.asked, c.about = c.asked, c.about, nil, nil
	return asked, about
}
