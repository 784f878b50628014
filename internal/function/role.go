package function

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/runner"
)

// Roles is what functions need of the account whose roles they run as. The
// service that they are passed to, and that their trust is about, is
// lambda.amazonaws.com.
type Roles interface {
	// MayPass answers whether call.Caller may give a role to Lambda.
	MayPass(call *access.Call, roleARN string) access.Verdict
	// Trusts reports whether the account has the role and it trusts Lambda.
	Trusts(call *access.Call, roleARN string) bool
	// Credentials are a session of the role for one process of a function. An
	// error that wraps ErrRole says that the role is gone or withdrew its trust.
	Credentials(ctx context.Context, roleARN, functionARN string) (runner.Credentials, error)
}

const (
	unassumable    = "The role defined for the function cannot be assumed by Lambda."
	foreignRole    = "Cross-account pass role is not allowed."
	passRole       = "iam:PassRole"
	associatedWith = "iam:associatedresourcearn"
)

func checkRole(arn string) error {
	if !roleForm.MatchString(arn) {
		return constraint(arn, "role", "Member must satisfy regular expression pattern: "+rolePattern)
	}
	return nil
}

// mayHave requires that the caller may give the role to the function, and that
// the function could run as it. Whoever may not pass it does not learn whether
// it exists.
func (s *Service) mayHave(call *access.Call, t target, roleARN string) error {
	if parts := strings.SplitN(roleARN, ":", 6); len(parts) < 6 || parts[4] != s.account {
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: foreignRole}
	}
	about := *call
	about.Conditions = map[string][]string{associatedWith: {t.arn()}}
	if v := s.roles.MayPass(&about, roleARN); !v.Allowed || v.Explicit {
		return awsapi.Denied(call, passRole, roleARN, v)
	}
	if !s.roles.Trusts(&about, roleARN) {
		return invalid(unassumable)
	}
	return nil
}

// Credentials are those of a new process: runner.Config.Credentials.
func (s *Service) Credentials(ctx context.Context, f *runner.Function) (runner.Credentials, error) {
	arn := target{region: f.Region, account: s.account, name: f.Name}.arn()
	c, err := s.roles.Credentials(ctx, f.Role, arn)
	if err != nil {
		return runner.Credentials{}, err
	}
	if c.AccessKeyID == "" || c.Expires.IsZero() { // nobody else's mistake may let a process run without end
		return runner.Credentials{}, fmt.Errorf("function: the credentials of %s do not say when they end", f.Role)
	}
	return c, nil
}
