package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/compromised"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/gateway/accesslog"
	"github.com/sallyport/sallyport/internal/gateway/throttle"
	"github.com/sallyport/sallyport/internal/httpapi"
	"github.com/sallyport/sallyport/internal/identitypool"
	"github.com/sallyport/sallyport/internal/issuer"
	"github.com/sallyport/sallyport/internal/journal"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/kms"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/restapi"
	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool"
)

const (
	// apiDomain is what stands after {api}.execute-api.{region}. in an API's host.
	apiDomain = "localhost"
	// codePath is where GetFunction's links to packages lead.
	codePath = operatorPrefix + "code"
	// importPath is where files of users to import are put, by signed links.
	importPath = operatorPrefix + "import"
	// maxBody is the largest body of a signed call, in bytes: a function's zip
	// of 50 MiB as base64, and what stands around it.
	maxBody = 72 << 20
	// keptRecords is how many decision records stay in memory.
	keptRecords = 4096
)

// services is everything that a deployment consists of, started in the order
// of the fields and closed in reverse.
type services struct {
	db         *store.DB
	keyring    *keyring.Keyring
	records    *audit.Log
	journal    *journal.Journal
	account    *account.Service
	kms        *kms.Service
	outbox     *outbox.Outbox
	pools      *userpool.Service
	issuers    *issuer.Directory
	identities *identitypool.Service
	runner     *runner.Runner
	functions  *function.Service
	accessLog  *accesslog.Writer
	gateway    *gateway.Gateway
	restAPIs   *restapi.Service
	httpAPIs   *httpapi.Service
	api        *awsapi.API

	accessLogFolder string
	number          string // of the account

	closers []func() error // last started, first closed
}

func startServices(ctx context.Context, c config.Config, now *clock.Clock, logger *slog.Logger) (_ *services, err error) {
	s := &services{records: audit.NewLog(logger, keptRecords), number: c.Account}
	defer func() {
		if err != nil {
			_ = s.close() // the first error is the one to tell
		}
	}()
	// What the services follow ends with the server, not with the call that starts it.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	s.onClose(func() error { end(); return nil })

	folder, err := s.openFolder(c)
	if err != nil {
		return nil, err
	}
	if err := s.openStore(ctx, c, folder, now, logger); err != nil {
		return nil, err
	}
	s.journal = journal.Open(s.db, journal.Limits{Number: c.Kept.Requests, For: c.Kept.For}, now, logger)
	s.onClose(s.journal.Close)
	s.records.HandTo(s.journal)
	s.account = account.New(c.Account, s.db, s.keyring, account.Credentials{AccessKeyID: c.RootAccessKeyID, SecretAccessKey: c.RootSecretAccessKey})
	if err := s.account.Start(life); err != nil {
		return nil, err
	}
	s.kms, err = kms.New(kms.Config{DB: s.db, Keys: s.keyring, Account: c.Account, Policies: s.account, Random: rand.Reader, Clock: now, Logger: logger})
	if err != nil {
		return nil, err
	}
	if err := s.kms.Start(life); err != nil {
		return nil, err
	}
	if err := s.startCourier(c, now, logger); err != nil {
		return nil, err
	}
	known, err := s.openCompromised(c)
	if err != nil {
		return nil, err
	}
	s.pools, err = userpool.New(userpool.Config{
		DB: s.db, Keys: s.keyring, PublicURL: c.URL, Account: c.Account, Outbox: s.outbox, Roles: identityRoles{s.account}, LogRoles: poolRoles{s.account}, ImportURL: c.URL + importPath,
		Functions: poolFunctions{s}, KMS: s.kms, Compromised: known, Random: rand.Reader, Clock: now, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	if err := s.pools.Start(life); err != nil {
		return nil, err
	}
	s.onClose(s.pools.Close)
	if err := s.startIdentities(life, c, now, logger); err != nil {
		return nil, err
	}
	if err := s.startFunctions(life, c, folder, now, logger); err != nil {
		return nil, err
	}
	s.accessLogFolder = folder.accessLogs()
	s.accessLog, err = accesslog.NewWriter(accesslog.Config{Dir: s.accessLogFolder, Clock: now, Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("the folder for access logs cannot be used: %w", err)
	}
	s.onClose(s.accessLog.Close)
	s.gateway, err = gateway.New(life, gateway.Config{
		DB: s.db, Clock: now, Random: rand.Reader,
		Account: c.Account, Domain: apiDomain, Logger: logger, Records: s.records,
		Invoker: functionInvoker{s.functions, c.Account, &gatewayRoles{account: s.account, number: c.Account, clock: now}}, Pools: poolVerifiers{s.pools},
		Keys: s.account, Policies: s.account, Issuers: s.issuers, AccessLogs: s.accessLog,
		AccountLimit: throttle.Limit{Rate: float64(c.Rate), Burst: c.Rate / 2},
	})
	if err != nil {
		return nil, err
	}
	s.restAPIs = restapi.New(restapi.Config{DB: s.db, Pages: awsapi.NewPages(s.keyring), Clock: now, Random: rand.Reader, Roles: handedRoles{s.account}, Policies: s.account, Gateway: s.gateway})
	s.httpAPIs = httpapi.New(httpapi.Config{DB: s.db, Pages: awsapi.NewPages(s.keyring), Random: rand.Reader, Roles: handedRoles{s.account}, URL: c.URL, Domain: apiDomain})
	s.api = awsapi.New(awsapi.Config{
		Account: c.Account, Region: c.Region, Keys: s.account, Authorizer: s.account,
		Clock: now, Logger: logger, Records: s.records, MaxBody: maxBody,
	}, s.account.IAM(), s.account.STS(), s.kms.API(), s.pools.API(), s.identities.API(), s.functions.API(), s.restAPIs.API(), s.httpAPIs.API())
	return s, nil
}

// openCompromised opens the operator's list of passwords that nobody may have, if
// there is one. A list that cannot be used keeps the server from starting: it
// must not look like a protection and be none.
func (s *services) openCompromised(c config.Config) (userpool.CompromisedPasswords, error) {
	if c.CompromisedPasswords == "" {
		return nil, nil
	}
	list, err := compromised.Open(c.CompromisedPasswords)
	if err != nil {
		return nil, fmt.Errorf("--compromised-passwords: %w", err)
	}
	s.onClose(list.Close)
	return list, nil
}

// openFolder returns the data folder, or with --ephemeral a temporary one for
// the code of functions, which cannot be run from memory.
func (s *services) openFolder(c config.Config) (dataFolder, error) {
	if !c.Ephemeral {
		return dataFolder(c.Data), dataFolder(c.Data).open()
	}
	path, err := os.MkdirTemp("", "sallyport-")
	if err != nil {
		return "", err
	}
	s.onClose(func() error { return os.RemoveAll(path) })
	return dataFolder(path), nil
}

func (s *services) openStore(ctx context.Context, c config.Config, folder dataFolder, now *clock.Clock, logger *slog.Logger) (err error) {
	s.db, err = store.Open(ctx, storeOptions(c, folder, now, logger))
	if err != nil {
		return err
	}
	s.onClose(s.db.Close)
	empty, err := keyring.Empty(ctx, keyring.NewShelf(s.db))
	if err == nil {
		s.keyring, err = openKeyring(ctx, c, folder, s.db, empty)
	}
	return err
}

func storeOptions(c config.Config, folder dataFolder, now *clock.Clock, logger *slog.Logger) store.Options {
	o := store.Options{Clock: now, Logger: logger}
	switch {
	case c.Ephemeral:
		o.Memory = true
	case c.Database.Reveal() != "":
		o.Postgres = c.Database.Reveal()
	default:
		o.File = folder.database()
	}
	return o
}

// openKeyring finds the master key. create is for a database that holds nothing
// sealed yet: a new key could not open what another has closed.
func openKeyring(ctx context.Context, c config.Config, folder dataFolder, db *store.DB, create bool) (*keyring.Keyring, error) {
	var master keyring.Master
	var err error
	switch {
	case c.MasterKey.Reveal() != "":
		master, err = keyring.MasterFromText(c.MasterKey.Reveal())
	case c.Ephemeral:
		master = keyring.NewMaster()
	default:
		master, err = keyring.MasterFromFile(folder.masterKey(), create)
	}
	if err != nil {
		return nil, err
	}
	return keyring.Open(ctx, master, keyring.NewShelf(db))
}

// startIdentities starts identity pools, and introduces the account to those
// whose tokens it takes.
func (s *services) startIdentities(life context.Context, c config.Config, now *clock.Clock, logger *slog.Logger) (err error) {
	s.issuers = issuer.New(issuer.Config{Now: now.Now, Own: ownKeys{c.URL, c.Account, s.pools}})
	s.onClose(s.issuers.Close)
	s.identities, err = identitypool.New(identitypool.Config{
		DB: s.db, Keys: s.keyring, Account: c.Account, UserPools: loginPools{s.pools}, Providers: loginProviders{s.account},
		Roles: identityRoles{s.account}, Random: rand.Reader, Clock: now, Logger: logger,
	})
	if err != nil {
		return err
	}
	tokens, err := s.identities.TokenVerifier()
	if err != nil {
		return err
	}
	s.account.Join(account.Neighbours{
		URL: c.URL, Issuers: ownIssuers{c.URL, c.Account, s.pools, tokens}, Directory: s.issuers, Records: s.records,
	})
	return s.identities.Start(life)
}

func (s *services) startFunctions(life context.Context, c config.Config, folder dataFolder, now *clock.Clock, logger *slog.Logger) (err error) {
	s.runner, err = runner.New(runner.Config{
		Dir:    filepath.Join(folder.functions(), "run"),
		Region: c.Region, EndpointURL: c.URL, Clock: now, Logger: logger,
		Credentials: func(ctx context.Context, f *runner.Function) (runner.Credentials, error) {
			return s.functions.Credentials(ctx, f) // made below; nothing runs before
		},
		Log: func(f *runner.Function, requestID string, line []byte) {
			logger.Debug("function", "name", f.Name, "requestId", requestID, "line", string(line))
		},
	})
	if err != nil {
		return err
	}
	s.onClose(s.runner.Close)
	s.functions, err = function.New(function.Config{
		DB: s.db, Keys: s.keyring, Account: c.Account, Dir: filepath.Join(folder.functions(), "code"), Runner: s.runner,
		Roles: functionRoles{s.account, c.Account, now}, Random: rand.Reader, Clock: now, Logger: logger, CodeURL: c.URL + codePath,
	})
	if err != nil {
		return err
	}
	s.onClose(s.functions.Close)
	return s.functions.Start(life)
}

// reset empties everything but what a fresh server has.
func (s *services) reset(ctx context.Context) error {
	err := s.journal.Forget(func() error { return s.account.KeepRootKey(ctx, s.db.Empty) })
	if err != nil {
		return err
	}
	s.records.Clear()
	return s.accessLog.Clear()
}

func (s *services) onClose(f func() error) { s.closers = append(s.closers, f) }

func (s *services) close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}
