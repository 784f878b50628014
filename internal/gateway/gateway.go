package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway/accesslog"
	"github.com/sallyport/sallyport/internal/gateway/authorizer"
	"github.com/sallyport/sallyport/internal/gateway/throttle"
	"github.com/sallyport/sallyport/internal/gateway/upstream"
	"github.com/sallyport/sallyport/internal/issuer"
	"github.com/sallyport/sallyport/internal/sigv4"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/verify"
)

// Config is what a Gateway needs from its surroundings. All fields are required
// but Backend, AccessLogs and Bodies.
type Config struct {
	DB      *store.DB
	Clock   *clock.Clock
	Random  io.Reader // crypto/rand.Reader
	Account string
	Domain  string // what stands after {api}.execute-api.{region}.: "localhost"
	Invoker Invoker
	Pools   Pools
	Keys    Keys
	// Policies decides whether whoever has signed a request may make it.
	Policies access.Authorizer
	// Issuers finds the keys of those whose tokens JWT authorizers take.
	Issuers *issuer.Directory
	Records Records
	Logger  *slog.Logger
	// AccountLimit is what all APIs of a region may have together; zero: what AWS gives.
	AccountLimit throttle.Limit
	Backend      *upstream.Client // carries HTTP_PROXY requests; nil for the gateway's own

	AccessLogs *accesslog.Writer // nil: no stage's access log is written

	// Bodies is how many bytes of the bodies of requests are held at once; one that
	// would be more is answered with 503. Zero: 512 MB.
	Bodies int64
}

// Invoker runs functions.
type Invoker interface {
	// Invoke runs the function on i.Payload and returns its answer.
	// functionError says that the answer is the function's own error document
	// (it failed, crashed or ran out of its time). An error means that it never
	// ran: ErrNotPermitted, ErrNoFunction, ErrThrottled or something else. ctx
	// ends when the gateway no longer waits (29 s at most), not when the client
	// goes away; Invoke then returns at once, and the function may run on to its
	// own time limit, as at AWS. Otherwise the payload is the gateway's again
	// when Invoke has returned.
	Invoke(ctx context.Context, i Invocation) (answer []byte, functionError bool, err error)
}

// Invocation is one call of a function by API Gateway.
type Invocation struct {
	FunctionARN string // with version or alias, if the integration names one
	SourceARN   string // arn:aws:execute-api:{region}:{account}:{api}/{stage}/{VERB}/{path template}
	RequestID   string
	TraceID     string // "Root=1-..."
	Payload     []byte
	// RoleARN is the role that calls the function, Caller whoever has signed the
	// request: their policies have to let them. Without either API Gateway itself
	// calls, and the function's own policy has to let it.
	RoleARN string
	Caller  *access.Caller
}

// What an Invoker says when a function cannot be run.
var (
	ErrNotPermitted = errors.New("gateway: the function's policy does not let API Gateway call it")
	ErrNoFunction   = errors.New("gateway: no such function")
	ErrThrottled    = errors.New("gateway: the function is throttled")
)

// TokenVerifier proves one kind of token of one user pool.
type TokenVerifier interface {
	Verify(ctx context.Context, token string) (*verify.Token, error)
}

// Pools finds who can verify the tokens of a user pool. It runs for every
// guarded request, so it reads no database. An unknown pool has no verifiers
// (nil, nil): none of its tokens is good.
type Pools interface {
	Verifiers(poolARN string) (id, access TokenVerifier)
}

// Keys finds who has an access key. It runs for every signed request, so it reads
// no database. sessionToken is "" for a long-term key. Its refusals are
// sigv4.ErrUnknownKey, also of a key that is switched off, and sigv4.ErrExpiredToken.
type Keys interface {
	Key(ctx context.Context, accessKeyID, sessionToken string) (secret string, owner access.Caller, err error)
}

// Records takes finished records. Write keeps a copy if it keeps anything: the
// record is the next request's when it has returned.
type Records interface{ Write(*audit.Record) }

// Gateway is the data plane of all APIs. Safe for concurrent use.
type Gateway struct {
	db      *store.DB
	clock   *clock.Clock
	chance  *Chance
	account string
	domain  string
	invoker Invoker
	pools   Pools
	keys    Keys
	allows  access.Authorizer
	issuers *issuer.Directory
	signing *sigv4.KeyCache
	records Records
	logger  *slog.Logger
	backend *upstream.Client

	limit      throttle.Limit // of the account
	throttles  *throttle.Account
	accessLogs *accesslog.Writer

	answers *authorizer.Cache // of authorizers' functions
	bodies  bodies

	live atomic.Pointer[snapshot]
}

// AccountLimit is what all APIs of a region may have together.
func (g *Gateway) AccountLimit() throttle.Limit { return g.limit }

// keptSigningKeys is how many callers, at least, sign their next request of the
// day for one HMAC instead of five.
const keptSigningKeys = 4096

// New loads every stage and follows their changes until the database closes.
func New(ctx context.Context, c Config) (*Gateway, error) {
	if c.AccountLimit == (throttle.Limit{}) {
		c.AccountLimit = throttle.AccountLimit
	}
	g := &Gateway{
		db: c.DB, clock: c.Clock, chance: NewChance(c.Random),
		account: c.Account, domain: c.Domain, invoker: c.Invoker, pools: c.Pools,
		keys: c.Keys, allows: c.Policies, issuers: c.Issuers, signing: sigv4.NewKeyCache(keptSigningKeys),
		records: c.Records, logger: c.Logger, backend: c.Backend,
		limit: c.AccountLimit, throttles: throttle.NewAccount(c.AccountLimit), accessLogs: c.AccessLogs,
		answers: authorizer.NewCache(authorizer.Config{Clock: c.Clock, Random: c.Random}),
	}
	if g.bodies.most = c.Bodies; g.bodies.most <= 0 {
		g.bodies.most = usualBodies
	}
	if g.backend == nil {
		g.backend = upstream.New(upstream.Config{})
	}
	g.live.Store(&snapshot{})
	if err := c.DB.Follow(ctx, []string{stagesTable}, g.follow); err != nil {
		return nil, err
	}
	return g, nil
}
