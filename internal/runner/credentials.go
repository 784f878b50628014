package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/keyring"
)

// Credentials are what the AWS SDK of a process signs with, from its start to
// its end: an SDK reads them from the environment once, so new ones need a new
// process. The zero value is none.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey keyring.Secret
	SessionToken    keyring.Secret
	Expires         time.Time // zero: never
	// Valid reports whether they are still good apart from Expires; it is asked
	// before each event and must be quick. nil: always.
	Valid func() bool
}

// expirySlack is how long credentials must outlive the latest end of an event.
const expirySlack = time.Minute

// credentials asks for those of a new process.
func (r *Runner) credentials(f *Function) (Credentials, error) {
	if r.config.Credentials == nil {
		return Credentials{}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), initTimeout)
	defer cancel()
	c, err := r.config.Credentials(ctx, f)
	if err != nil {
		return Credentials{}, fmt.Errorf("runner: credentials of %s: %w", f.Name, err)
	}
	if !r.outlive(c.Expires, f) { // each event would start a process that must not have it
		return Credentials{}, fmt.Errorf("runner: credentials of %s end at %s, which is too soon for an event of %s", f.Name, c.Expires.UTC().Format(time.RFC3339), f.timeout())
	}
	return c, nil
}

// outlive reports whether an event that begins now ends before credentials do.
func (r *Runner) outlive(expires time.Time, f *Function) bool {
	return expires.IsZero() || expires.Sub(r.config.Clock.Now()) >= f.timeout()+expirySlack
}

// lasting reports whether the process may have an event, as far as its
// credentials' time goes.
func (p *process) lasting() bool { return p.runner.outlive(p.expires, p.function) }

// current reports whether the process may have an event now: whoever gets one
// keeps good credentials until it ends.
func (p *process) current() bool { return p.lasting() && (p.valid == nil || p.valid()) }

// into puts the credentials into a process's environment.
func (c *Credentials) into(env map[string]string) {
	if c.AccessKeyID == "" {
		return
	}
	env["AWS_ACCESS_KEY_ID"] = c.AccessKeyID
	env["AWS_SECRET_ACCESS_KEY"] = c.SecretAccessKey.Reveal()
	delete(env, "AWS_SESSION_TOKEN")
	if token := c.SessionToken.Reveal(); token != "" {
		env["AWS_SESSION_TOKEN"] = token
	}
}
