package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// script answers tries one after the other; the last answer stays.
type script struct {
	turns []turn
	asked []Invocation
}

type turn struct {
	answer string
	failed bool
	err    error
	hangs  bool
}

func (s *script) Invoke(ctx context.Context, i Invocation) ([]byte, bool, error) {
	t := s.turns[min(len(s.asked), len(s.turns)-1)]
	s.asked = append(s.asked, i)
	if t.hangs {
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	answer := t.answer
	if answer == "echo" {
		answer = string(i.Payload)
	}
	return []byte(answer), t.failed, t.err
}

type confirmation struct {
	Confirm bool `json:"autoConfirmUser"`
}

func run(ctx context.Context, s *script, into any) error {
	c := Caller{Invoker: s, Limit: 20 * time.Millisecond, Pause: time.Nanosecond}
	return c.Run(ctx, PreSignUp, "arn:f", "arn:pool", "id", &Event{
		Source: PreSignUp.Of("SignUp"), Region: "eu-west-1", PoolID: "eu-west-1_a", UserName: "ann", ClientID: "web",
		Request: map[string]any{"userAttributes": map[string]string{"email": "ann@example.com"}}, Response: into,
	})
}

func TestTheEventIsAWSs(t *testing.T) {
	s := &script{turns: []turn{{answer: "echo"}}}
	if err := run(context.Background(), s, new(confirmation)); err != nil {
		t.Fatal(err)
	}
	const want = `{"version":"1","region":"eu-west-1","userPoolId":"eu-west-1_a","userName":"ann",` +
		`"callerContext":{"awsSdkVersion":"aws-sdk-unknown-unknown","clientId":"web"},"triggerSource":"PreSignUp_SignUp",` +
		`"request":{"userAttributes":{"email":"ann@example.com"}},"response":{"autoConfirmUser":false}}`
	if got := string(s.asked[0].Payload); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if s.asked[0].FunctionARN != "arn:f" || s.asked[0].PoolARN != "arn:pool" || s.asked[0].RequestID != "id" {
		t.Errorf("invoked by %+v", s.asked[0])
	}
	if PreTokenGeneration.Of("RefreshTokens") != "TokenGeneration_RefreshTokens" {
		t.Error("the sources of pre token generation have another name")
	}
}

func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		turns []turn
		way   Way
		text  string
		tries int
	}{
		"it threw":          {[]turn{{answer: `{"errorMessage":"no","errorType":"Error"}`, failed: true}}, Thrown, "PreSignUp failed with error no.", 1},
		"it threw a type":   {[]turn{{answer: `{"errorType":"KeyError"}`, failed: true}}, Thrown, "PreSignUp failed with error KeyError.", 1},
		"it threw lines":    {[]turn{{answer: `{"errorMessage":"a\r\nX-Evil: 1"}`, failed: true}}, Thrown, "PreSignUp failed with error a  X-Evil: 1.", 1},
		"it threw garbage":  {[]turn{{answer: `{`, failed: true}}, Thrown, "PreSignUp failed with error Unhandled.", 1},
		"not permitted":     {[]turn{{err: ErrNotPermitted}}, Unreachable, "PreSignUp invocation failed due to error AccessDeniedException.", 1},
		"no function":       {[]turn{{err: ErrNoFunction}}, Unreachable, "PreSignUp invocation failed due to error ResourceNotFoundException.", 1},
		"always throttled":  {[]turn{{err: ErrThrottled}}, Unreachable, "PreSignUp invocation failed due to error TooManyRequestsException.", 3},
		"never in time":     {[]turn{{hangs: true}}, Unreachable, "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.", 3},
		"never starts":      {[]turn{{err: errors.New("no room")}}, Unreachable, "PreSignUp invocation failed due to error ServiceException.", 3},
		"throttled, threw":  {[]turn{{err: ErrThrottled}, {failed: true, answer: `{"errorMessage":"no"}`}}, Thrown, "PreSignUp failed with error no.", 2},
		"late, then rubble": {[]turn{{hangs: true}, {answer: "[]"}}, Unreadable, "Unrecognizable lambda output", 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{turns: c.turns}
			f, ok := errors.AsType[*Failure](run(context.Background(), s, new(confirmation)))
			if !ok || f.Way != c.way || f.Text != c.text || len(s.asked) != c.tries {
				t.Errorf("got %+v after %d tries, want %q after %d", f, len(s.asked), c.text, c.tries)
			}
		})
	}
}

func TestATryThatComesThroughIsEnough(t *testing.T) {
	s := &script{turns: []turn{{hangs: true}, {err: ErrThrottled}, {answer: "echo"}}}
	if err := run(context.Background(), s, new(confirmation)); err != nil || len(s.asked) != 3 {
		t.Errorf("got %v after %d tries", err, len(s.asked))
	}
}

func TestNobodyIsAskedForWhoHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := &script{turns: []turn{{hangs: true}}}
	if err := run(ctx, s, new(confirmation)); !errors.Is(err, context.Canceled) || len(s.asked) != 1 {
		t.Errorf("got %v after %d tries", err, len(s.asked))
	}
}

func TestTextOfAFunctionIsBounded(t *testing.T) {
	long, _ := json.Marshal(map[string]string{"errorMessage": strings.Repeat("é", 4000)})
	s := &script{turns: []turn{{answer: string(long), failed: true}}}
	f, _ := errors.AsType[*Failure](run(context.Background(), s, new(confirmation)))
	if n := len(f.Text); n > maxSaid+100 || !strings.HasSuffix(f.Text, "é.") {
		t.Errorf("%d bytes, ending %q", n, f.Text[n-4:])
	}
}
