package trigger

import "encoding/json"

// Kind is a trigger, by the name that a pool's LambdaConfig and error texts have for it.
type Kind string

const (
	PreSignUp          Kind = "PreSignUp"
	PostConfirmation   Kind = "PostConfirmation"
	PreAuthentication  Kind = "PreAuthentication"
	PostAuthentication Kind = "PostAuthentication"
	PreTokenGeneration Kind = "PreTokenGeneration"
	UserMigration      Kind = "UserMigration"
	CustomMessage      Kind = "CustomMessage"

	DefineAuthChallenge         Kind = "DefineAuthChallenge"
	CreateAuthChallenge         Kind = "CreateAuthChallenge"
	VerifyAuthChallengeResponse Kind = "VerifyAuthChallengeResponse"
	CustomEmailSender           Kind = "CustomEmailSender"
	CustomSMSSender             Kind = "CustomSMSSender"
)

// Kinds are all of them.
var Kinds = []Kind{
	PreSignUp, PostConfirmation, PreAuthentication, PostAuthentication, PreTokenGeneration, UserMigration, CustomMessage,
	DefineAuthChallenge, CreateAuthChallenge, VerifyAuthChallengeResponse, CustomEmailSender, CustomSMSSender,
}

// Source is what happened: the kind, and after an underscore which operation or
// step of one.
type Source string

// Of is the source of a kind: PreSignUp.Of("SignUp") is PreSignUp_SignUp.
func (k Kind) Of(what string) Source {
	if k == PreTokenGeneration {
		return Source("TokenGeneration_" + what)
	}
	return Source(string(k) + "_" + what)
}

// Event is what a function is told. Request is written as an object; so is
// Response, which the function fills in.
type Event struct {
	Version  string // "1" unless the pool asks for a later form
	Source   Source
	Region   string
	PoolID   string
	UserName string
	ClientID string // "": an administrator's call, which names no client
	Request  any
	Response any
}

const (
	// noClient stands in the place of a client where there is none.
	noClient = "CLIENT_ID_NOT_APPLICABLE"
	// anySDK is what AWS writes of callers that it does not know. What a client says
	// of itself would be a stranger's text in the function's hands.
	anySDK = "aws-sdk-unknown-unknown"
)

type callerContext struct {
	SDK      string `json:"awsSdkVersion"`
	ClientID string `json:"clientId"`
}

type envelope struct {
	Version  string        `json:"version"`
	Region   string        `json:"region"`
	PoolID   string        `json:"userPoolId"`
	UserName string        `json:"userName"`
	Caller   callerContext `json:"callerContext"`
	Source   Source        `json:"triggerSource"`
	Request  any           `json:"request"`
	Response any           `json:"response"`
}

func (e *Event) payload() ([]byte, error) {
	out := envelope{e.Version, e.Region, e.PoolID, e.UserName, callerContext{anySDK, e.ClientID}, e.Source, e.Request, e.Response}
	if out.Version == "" {
		out.Version = "1"
	}
	if out.Caller.ClientID == "" {
		out.Caller.ClientID = noClient
	}
	return json.Marshal(out)
}
