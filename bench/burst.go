package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"golang.org/x/sync/errgroup"
)

// The burst: many people sign in by password at the same moment, while somebody
// else goes on calling a guarded route. What counts is how much longer they wait
// then, and how much memory the server took.
const (
	burstPeople   = 500
	burstRounds   = 5
	burstAlone    = 2 * time.Second
	burstPassword = "Correct-Horse-7"
	// burstTarget is how many times the wait of before a request may take meanwhile.
	burstTarget = 1.2
)

// burst prints what it found, and says whether the target was met.
func burst(ctx context.Context, s *site, out io.Writer) (bool, error) {
	client := idp.NewFromConfig(aws.Config{Region: region, BaseEndpoint: &s.address, Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: rootKey, SecretAccessKey: rootSecret}, nil
	})}, func(o *idp.Options) {
		o.RetryMaxAttempts = 1
		o.HTTPClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: burstPeople}}
	})
	fmt.Fprintf(out, "making %d people\n", burstPeople)
	clientID, err := people(ctx, client)
	if err != nil {
		return false, fmt.Errorf("people: %w", err)
	}
	var ratios []float64
	memory := s.sallyport.peak()
	for round := range burstRounds {
		before, err := s.waits(ctx, time.After(burstAlone))
		if err != nil {
			return false, err
		}
		done := make(chan time.Time)
		began, signedIn := time.Now(), errgroup.Group{}
		for i := range burstPeople {
			signedIn.Go(func() error {
				_, err := client.InitiateAuth(ctx, &idp.InitiateAuthInput{AuthFlow: "USER_PASSWORD_AUTH", ClientId: &clientID, AuthParameters: map[string]string{
					"USERNAME": person(i), "PASSWORD": burstPassword,
				}})
				return err
			})
		}
		var failed error
		go func() { failed = signedIn.Wait(); close(done) }()
		during, err := s.waits(ctx, done)
		if err := errors.Join(err, failed); err != nil {
			return false, err
		}
		ratio := quantile(during, 0.5) / quantile(before, 0.5)
		ratios = append(ratios, ratio)
		fmt.Fprintf(out, "round %d   %d sign-ins in %s; a guarded request: median %.0f µs alone, %.0f µs meanwhile (%.2f x); 95 of 100 within %.0f and %.0f µs\n",
			round+1, burstPeople, time.Since(began).Round(10*time.Millisecond), quantile(before, 0.5), quantile(during, 0.5), ratio, quantile(before, 0.95), quantile(during, 0.95))
	}
	slices.Sort(ratios)
	middle := ratios[len(ratios)/2]
	fmt.Fprintf(out, "burst     %.2f x (%.2f to %.2f), target %.1f; the server's memory was %s at most, and %s before\n",
		middle, ratios[0], ratios[len(ratios)-1], burstTarget, s.sallyport.peak(), memory)
	return middle <= burstTarget, nil
}

func person(i int) string { return fmt.Sprintf("person%03d", i) }

// people makes a pool with those who will sign in, and returns its client's id.
func people(ctx context.Context, c *idp.Client) (clientID string, err error) {
	pool, err := c.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("burst")})
	if err != nil {
		return "", err
	}
	app, err := c.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{
		UserPoolId: pool.UserPool.Id, ClientName: aws.String("burst"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	})
	if err != nil {
		return "", err
	}
	var group errgroup.Group
	group.SetLimit(4)
	for i := range burstPeople {
		group.Go(func() error {
			_, err := c.SignUp(ctx, &idp.SignUpInput{ClientId: app.UserPoolClient.ClientId, Username: aws.String(person(i)), Password: aws.String(burstPassword)})
			if err == nil {
				_, err = c.AdminConfirmSignUp(ctx, &idp.AdminConfirmSignUpInput{UserPoolId: pool.UserPool.Id, Username: aws.String(person(i))})
			}
			return err
		})
	}
	return *app.UserPoolClient.ClientId, group.Wait()
}

// waits calls the guarded route, one request after the other, until the end, and
// returns how long each took, in µs.
func (s *site) waits(ctx context.Context, end <-chan time.Time) ([]float64, error) {
	var list []float64
	for {
		select {
		case <-end:
			slices.Sort(list)
			if len(list) == 0 {
				return nil, errors.New("no guarded request was answered meanwhile")
			}
			return list, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		default:
		}
		c := scenario{url: s.address + "/prod/guarded", host: s.apis.rest}
		began := time.Now()
		if err := c.expect(ctx, s.tokens.good[0], http.StatusOK, upstreamBody); err != nil {
			return nil, err
		}
		list = append(list, float64(time.Since(began).Nanoseconds())/1000)
	}
}

// quantile of a sorted list.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// peak is the most resident memory that the process has had (VmHWM).
func (p *process) peak() string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "unknown"
}
