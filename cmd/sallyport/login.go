package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/keyring"
)

const (
	envClientSecret = "SALLYPORT_CLIENT_SECRET"
	// awsEndpoint, given as --endpoint, means AWS's own of the pool's region.
	awsEndpoint = "aws"
)

type loginOptions struct {
	pool, client, user string
	endpoint           string
	output             string
	passwordFlow       bool
	fromInput          bool
	save, refresh      bool
	factor             string
}

func loginCommand(std streams) *cobra.Command {
	var o loginOptions
	c := &cobra.Command{
		Use:   "login --user-pool ID --client ID [--user NAME]",
		Short: "Sign a person in to a user pool and print their tokens",
		Long: `Sign a person in to a user pool, and print the tokens: with a password that is proved by SRP and so
never sent, a new one where the pool asks for it, and a second factor. What there is to ask is
asked on the terminal; with --password-stdin the first line of standard input is the password,
and each further line answers the next question (a new password, a code).

The pool is one of the sallyport on this machine, unless --endpoint or the AWS configuration
(AWS_ENDPOINT_URL) says otherwise; --endpoint aws means Amazon Cognito. A client's secret is
read from ` + envClientSecret + `.

With --save the tokens are kept in the user's configuration folder, for this user only, and the
next call with --save prints them without asking: refreshed, if the access token is over.`,
		Example: `  sallyport login --user-pool eu-west-1_abcdefghi --client 1example23456789 --user ann
  curl -H "Authorization: Bearer $(sallyport login --user-pool $POOL --client $CLIENT --save --output id-token)" https://api.example.com/
  eval "$(sallyport login --user-pool $POOL --client $CLIENT --user ann --output env)"`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			secret := keyring.NewSecret(os.Getenv(envClientSecret))
			wipeSecrets([]string{envClientSecret})
			return o.run(c.Context(), std, secret)
		},
	}
	f := c.Flags()
	f.StringVar(&o.pool, "user-pool", "", "the pool's id, such as eu-west-1_abcdefghi; its region is read from it")
	f.StringVar(&o.client, "client", "", "the app client's id")
	f.StringVar(&o.user, "user", "", "user name or alias (default: ask)")
	f.StringVar(&o.endpoint, "endpoint", "", "URL of the service, or aws (default: from the AWS configuration, or this machine's sallyport)")
	f.StringVar(&o.output, "output", "json", "json, access-token, id-token, or env for export lines of a shell")
	f.BoolVar(&o.passwordFlow, "user-password-auth", false, "send the password itself (USER_PASSWORD_AUTH), for a client that allows no SRP")
	f.BoolVar(&o.fromInput, "password-stdin", false, "read the password, and further answers, from standard input")
	f.StringVar(&o.factor, "mfa", "", "which second factor to take where there is a choice: SOFTWARE_TOKEN_MFA, SMS_MFA or EMAIL_OTP (default: ask)")
	f.BoolVar(&o.save, "save", false, "keep the tokens, and use those that are kept")
	f.BoolVar(&o.refresh, "refresh", false, "get new tokens by those that are kept, and keep them; ask for nothing")
	return c
}

var outputs = map[string]func(io.Writer, *tokenSet) error{"json": printJSON, "access-token": printAccess, "id-token": printID, "env": printEnv}

func (o *loginOptions) run(ctx context.Context, std streams, secret keyring.Secret) error {
	show, known := outputs[o.output]
	region, _, ok := strings.Cut(o.pool, "_")
	switch {
	case o.pool == "" || o.client == "":
		return usageError{errors.New("--user-pool and --client are required")}
	case !ok || region == "":
		return usageError{fmt.Errorf("--user-pool %q is not the id of a user pool, such as eu-west-1_abcdefghi", o.pool)}
	case !known:
		return usageError{fmt.Errorf("--output %q is none of json, access-token, id-token, env", o.output)}
	case o.refresh && o.fromInput:
		return usageError{errors.New("--refresh asks for nothing, so it takes no --password-stdin")}
	}
	client, endpoint, err := o.connect(ctx, region)
	if err != nil {
		return err
	}
	place := shelf{endpoint: endpoint, pool: o.pool, client: o.client}
	in := &signIn{api: client, endpoint: endpoint, poolName: o.pool[len(region)+1:], client: o.client, secret: secret, options: o}
	var kept *tokenSet
	if o.refresh || o.save && !o.fromInput {
		if kept, err = place.find(o.user); err != nil {
			return err
		}
		if kept == nil && o.refresh {
			return errors.New("no tokens are kept for this user pool, client and user: sign in with --save first")
		}
	}
	if kept != nil {
		fresh, err := in.renew(ctx, kept, o.refresh)
		switch {
		case err == nil:
			if fresh != kept {
				if err := place.keep(fresh); err != nil {
					return err
				}
			}
			return show(std.out, fresh)
		case o.refresh || !isRefused(err):
			return err
		}
		fmt.Fprintln(std.err, "the kept sign-in is over; signing in again")
		if o.user == "" {
			o.user = kept.User
		}
	}
	if in.ask, err = newAsker(std, o.fromInput); err != nil {
		return err
	}
	defer in.ask.close()
	tokens, err := in.run(ctx)
	if err != nil {
		return err
	}
	if o.save {
		if err := place.keep(tokens); err != nil {
			return err
		}
	}
	return show(std.out, tokens)
}

// connect finds the service. Nothing is signed: who signs in needs no credentials.
func (o *loginOptions) connect(ctx context.Context, region string) (*idp.Client, string, error) {
	settings, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithRegion(region), awsconfig.WithCredentialsProvider(aws.AnonymousCredentials{}))
	if err != nil {
		return nil, "", fmt.Errorf("the AWS configuration cannot be read: %w", err)
	}
	var options idp.Options
	idp.NewFromConfig(settings, func(o *idp.Options) { options = *o })
	endpoint := o.endpoint
	if endpoint == "" {
		endpoint = aws.ToString(options.BaseEndpoint)
	}
	if endpoint == "" {
		endpoint = ownServer()
	}
	if endpoint == awsEndpoint {
		return idp.NewFromConfig(settings, func(o *idp.Options) { o.BaseEndpoint = nil }), "Amazon Cognito in " + region, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopbackHost(u.Hostname())) {
		return nil, "", usageError{fmt.Errorf("the endpoint %q is not an https:// URL (plain http:// only on this machine: passwords and tokens travel there)", endpoint)}
	}
	return idp.NewFromConfig(settings, func(o *idp.Options) { o.BaseEndpoint = &endpoint }), strings.TrimRight(endpoint, "/"), nil
}

// ownServer is where the sallyport of this machine is.
func ownServer() string {
	if u := os.Getenv(config.EnvURL); u != "" {
		return u
	}
	if address := os.Getenv(config.EnvListen); address != "" {
		return "http://" + address
	}
	return "http://" + config.DefaultListen
}

func loopbackHost(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// isRefused tells a service that says no from one that cannot be reached.
func isRefused(err error) bool {
	var said smithy.APIError
	return errors.As(err, &said)
}

// refusedBy turns an SDK's error into a line for whoever sits before it.
func refusedBy(endpoint string, err error) error {
	var said smithy.APIError
	if errors.As(err, &said) {
		return &refusal{said: err, text: visible(said.ErrorMessage())}
	}
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		return fmt.Errorf("nothing answers at %s: say where the service is with --endpoint", endpoint)
	}
	return fmt.Errorf("%s gave no answer: %w", endpoint, err)
}

// refusal shows what the service says, not how it was asked, and what to do about it.
type refusal struct {
	said error
	text string
	hint string
}

func (r *refusal) Error() string {
	if r.hint == "" {
		return r.text
	}
	return strings.TrimRight(r.text, ".") + ": " + r.hint
}

func (r *refusal) Unwrap() error { return r.said }

// renew returns tokens that work: those that are kept, or, when they are over or
// if it must, new ones for them.
func (s *signIn) renew(ctx context.Context, kept *tokenSet, must bool) (*tokenSet, error) {
	const spare = time.Minute // for what is done with them
	if !must && time.Until(kept.Expires) > spare {
		return kept, nil
	}
	return s.refresh(ctx, kept)
}
