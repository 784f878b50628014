package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/internal/policy"
)

func policyCommand(std streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Try policies and check them, without a server",
		Args:  exactly(0, "a command"),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(policyEvaluateCommand(std), policyLintCommand(std))
	return c
}

func policyEvaluateCommand(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "evaluate",
		Short: "Decide requests by policies: one JSON request a line in, one JSON decision a line out",
		Long: `Decide requests by policies, with the engine that guards the server.

Each line of standard input is one request, and gets one line in answer:

  {"principal":"arn:aws:iam::111122223333:user/ann","action":"execute-api:Invoke",
   "resource":"arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/GET/menu",
   "context":{"aws:SourceIp":["127.0.0.1"]},
   "identityPolicies":[{"name":"p","policy":{...}}],"resourcePolicy":null,
   "permissionBoundaries":[],"sessionPolicy":null,"serviceControlPolicies":[]}

  {"decision":"Allow","statements":[{"policy":"p","statement":0,"effect":"Allow"}],"reason":"..."}

(Each on one line.) The decision is Allow, ImplicitDeny or ExplicitDeny. An empty list or
null means that no such policy applies; the service control policies are a list of levels,
each of which must allow. The principal * is anonymous; an ARN, an account (its root) or a
service such as lambda.amazonaws.com are the others. The account that owns a resource is the
one in its ARN, or aws:ResourceAccount of the context, or else the principal's own. The
policy that is given for a role or a KMS key has to allow, too. The resource is the name of one resource, so that
an asterisk in it is no wildcard; * alone stands for an action that concerns none. The context
has what the line gives and nothing else: aws:username, too, is absent unless it is given.

What AWS would not take in a policy, but is plain all the same, is noted in the reason. A line
that cannot be read gets {"error":"..."} and the run goes on. No line may be longer than 1 MiB.`,
		Args: exactly(0, "no arguments; it reads standard input"),
		RunE: func(*cobra.Command, []string) error { return evaluateLines(std.in, std.out) },
	}
}

// errFindings ends lint after it has told everything on standard output.
var errFindings = errors.New("the policy is not clean")

func policyLintCommand(std streams) *cobra.Command {
	var kindName string
	var asJSON bool
	c := &cobra.Command{
		Use:   "lint FILE",
		Short: "Name what is malformed or dangerous in a policy",
		Long: `Name what is malformed or dangerous in a policy: a wildcard principal, iam:PassRole on *,
an allow by NotAction, a condition that cannot hold or holds too easily, and so on.
FILE may be - for standard input. Each finding is one line: FILE:line:column: severity: what
it is. With --json it is one object a line, with file, line, column, severity and message.
The severity is malformed, which AWS refuses, dangerous, or doubtful.

The exit code is 0 for a clean policy, 1 for findings, 2 for wrong usage.`,
		Args: exactly(1, "one file, or -"),
		RunE: func(c *cobra.Command, args []string) error {
			kind, err := kindNamed(kindName)
			if err != nil {
				return usageError{err}
			}
			text, err := readPolicy(std.in, args[0])
			if err != nil {
				return usageError{err}
			}
			return lint(std.out, args[0], kind, text, asJSON)
		},
	}
	c.Flags().StringVar(&kindName, "kind", "", "identity, managed, session, scp, resource or trust (default: what its elements say)")
	c.Flags().BoolVar(&asJSON, "json", false, "findings as JSON, one a line")
	return c
}

// kindNamed is the kind of a flag; 0 for none.
func kindNamed(name string) (policy.Kind, error) {
	switch name {
	case "":
		return 0, nil
	case "identity":
		return policy.Identity, nil
	case "managed", "boundary":
		return policy.Managed, nil
	case "session":
		return policy.Session, nil
	case "scp":
		return policy.ServiceControl, nil
	case "resource":
		return policy.Resource, nil
	case "trust":
		return policy.Trust, nil
	}
	return 0, fmt.Errorf("there is no kind %q: identity, managed, session, scp, resource or trust", name)
}

func readPolicy(in io.Reader, file string) ([]byte, error) {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("the policy cannot be read: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, policy.MaxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("the policy cannot be read: %w", err)
	}
	return text, nil
}

type finding struct {
	File     string          `json:"file"`
	Line     int             `json:"line"`
	Column   int             `json:"column"`
	Severity policy.Severity `json:"severity"`
	Message  string          `json:"message"`
}

func lint(out io.Writer, file string, kind policy.Kind, text []byte, asJSON bool) error {
	if kind == 0 {
		kind = policy.GuessKind(text)
	}
	findings := policy.Lint(kind, text)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, f := range findings {
		var err error
		if asJSON {
			err = enc.Encode(finding{file, f.Line, f.Column, f.Severity, f.Message})
		} else {
			_, err = fmt.Fprintf(out, "%s:%d:%d: %s: %s\n", file, f.Line, f.Column, f.Severity, f.Message)
		}
		if err != nil {
			return err
		}
	}
	if len(findings) > 0 {
		return errFindings
	}
	return nil
}
