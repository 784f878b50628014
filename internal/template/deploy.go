package template

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// Deployer brings stacks in line with templates. All fields but Progress are
// required. One Deployer runs one deploy at a time; two servers must not deploy
// the same stack at once.
type Deployer struct {
	Operations Operations
	Call       func() *access.Call // a new call of the root caller for each operation, in the template's region
	Store      *store.DB
	Keys       interface {
		MAC(p keyring.Purpose, parts ...string) []byte
		Seal(p keyring.Purpose, id string, plain []byte) ([]byte, error)
		Open(p keyring.Purpose, id string, sealed []byte) ([]byte, error)
	}
	Clock    *clock.Clock
	Random   io.Reader // crypto/rand.Reader
	URL      string    // the server's public base URL, without a slash at the end
	Progress func(Event)

	mutex sync.Mutex
}

// Event is one step of a deploy, as it happens.
type Event struct {
	Time      time.Time
	LogicalID string
	Type      string
	Label     string // what a person would call it, such as "GET /pizzas"; may be empty
	Status    Status
	Reason    string // why it failed, or which properties change
}

// Error is a deploy that failed. What it had made is gone again, except for
// Left; what it had changed in place stays changed.
type Error struct {
	Problem   Problem // what failed, with the line of the resource
	LogicalID string
	Changed   []Change // updates that were made before, and are not taken back
	Left      []string // logical ids that could not be removed; the next deploy tries again
	Cause     error
}

func (e *Error) Error() string {
	text := e.Problem.String()
	if len(e.Changed) > 0 {
		var parts []string
		for _, c := range e.Changed {
			part := c.LogicalID
			if c.Action == Deleted {
				part += " (deleted)"
			} else if len(c.Properties) > 0 {
				part += " (" + strings.Join(c.Properties, ", ") + ")"
			}
			parts = append(parts, part)
		}
		text += fmt.Sprintf(" (changed already and not taken back: %s; everything else is as it was before)", names(parts))
	}
	if len(e.Left) > 0 {
		text += fmt.Sprintf(" (not cleaned up yet: %s; the next deploy tries again)", names(e.Left))
	}
	return text
}

func (e *Error) Unwrap() error { return e.Cause }

// deploy is one run.
type deploy struct {
	*Deployer
	*Template
	region  string
	code    map[string]code
	rows    []*resourceRow
	seq     int64
	made    []*resourceRow // by this run, oldest first
	changes []Change
}

// Deploy makes the stack what the template says: builds code, creates, updates
// and replaces in the order of dependencies, then deletes what is no longer
// wanted. Without changes it does nothing. What an interrupted deploy has left
// is cleaned up first. When a step fails, everything that this deploy has
// created is deleted again, and the error is an *Error; resources that were
// updated before keep the update until the next deploy, and the error names
// them. A user pool with people's accounts is not deleted; see keepAccounts.
func (d *Deployer) Deploy(ctx context.Context, t *Template) (*Outcome, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	run := &deploy{Deployer: d, Template: t, region: t.env.pseudo["AWS::Region"].text, code: map[string]code{}}
	if err := run.bundle(ctx); err != nil {
		return nil, err
	}
	if err := run.load(ctx); err != nil {
		return nil, fmt.Errorf("the state of stack %s cannot be read: %w", t.stack, err)
	}
	if err := run.keepAccountsOfRemoved(ctx); err != nil {
		return nil, err
	}
	if err := run.keepSchemas(ctx); err != nil {
		return nil, err
	}
	if err := run.settle(ctx); err != nil {
		return nil, fmt.Errorf("what an earlier deploy of stack %s has left cannot be cleaned up: %w", t.stack, err)
	}
	if err := run.note(ctx, UpdateInProgress); err != nil {
		return nil, err
	}
	for _, id := range t.order {
		if err := run.apply(ctx, t.resources[id]); err != nil {
			return nil, run.rollback(ctx, t.resources[id], err)
		}
	}
	outcome, err := run.outcome(ctx)
	if err != nil {
		return nil, err
	}
	outcome.Left = run.cleanUp(ctx)
	outcome.Changes = run.changes
	return outcome, run.note(ctx, UpdateComplete)
}

// bundle builds all code before anything is touched: a program that does not
// compile changes nothing.
func (d *deploy) bundle(ctx context.Context) error {
	r := &report{file: d.file}
	for _, id := range d.order {
		resource := d.resources[id]
		if resource.code == nil {
			continue
		}
		if resource.code.build != "" { // packing takes no time worth telling
			d.tell(resource, BuildInProgress, "")
		}
		built, err := resource.code.bundle(ctx)
		if err != nil {
			d.tell(resource, BuildFailed, err.Error())
			r.problem(resource.code.at, "the code of %s: %v", id, err)
			continue
		}
		if resource.code.build != "" {
			d.tell(resource, BuildComplete, "")
		}
		d.code[id] = built
	}
	return r.err()
}

// settle removes what interrupted creations have left. They were never
// reported as done, so nothing is lost, and they can be made afresh.
func (d *deploy) settle(ctx context.Context) error {
	for i := len(d.rows) - 1; i >= 0; i-- {
		row := d.rows[i]
		switch row.Status {
		case CreateInProgress:
			if err := d.discard(ctx, row); err != nil {
				return err
			}
		case DeleteInProgress:
			// What cannot be deleted yet, because something still uses it, is tried again at the
			// end, unless the template has it: an authorizer that a route relies on keeps its
			// name, so a new one could not be made beside it.
			r := d.resources[row.LogicalID]
			wanted := r != nil && r.kind.name == row.Type && r.kind.update != nil && d.current(row.LogicalID) == nil
			if err := d.doRemove(ctx, row); err != nil && wanted && inUse(err) {
				row.Status = UpdateInProgress // all of it is set anew
				if err := d.save(ctx, row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// discard removes what a row in CreateInProgress may stand for.
func (d *deploy) discard(ctx context.Context, row *resourceRow) error {
	kind := types[row.Type]
	if kind == nil {
		return fmt.Errorf("%s has the unknown type %s: it was made by another version of Sallyport", row.LogicalID, row.Type)
	}
	w := &work{deploy: d, row: row, properties: map[string]any{}}
	for name, v := range row.Lookup {
		w.properties[name] = v
	}
	found := row.PhysicalID != ""
	if !found && kind.find != nil {
		var err error
		if found, err = kind.find(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", row.LogicalID, err)
		}
	}
	if found {
		if err := kind.remove(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", row.LogicalID, err)
		}
	}
	return d.forget(ctx, row)
}

// note records how far the stack is.
func (d *deploy) note(ctx context.Context, s Status) error {
	now := d.Clock.Now().UnixMilli()
	_, err := stackTable.Update(ctx, d.Store, func(r *stackRow) error {
		r.Status, r.File = s, d.file
		if s == UpdateComplete {
			r.DeployedAt = now
		}
		return nil
	}, d.stack)
	if errors.Is(err, store.ErrNotFound) {
		err = stackTable.Insert(ctx, d.Store, &stackRow{Name: d.stack, Status: s, File: d.file})
	}
	return err
}

func (d *deploy) tell(r *resource, s Status, reason string) {
	d.tellOf(r.id, r.kind.name, r.label, s, reason)
}

func (d *deploy) tellOf(id, kind, label string, s Status, reason string) {
	if d.Progress != nil {
		d.Progress(Event{Time: d.Clock.Now(), LogicalID: id, Type: kind, Label: label, Status: s, Reason: reason})
	}
}

func (d *deploy) token() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(d.Random, b[:]); err != nil {
		return "", err
	}
	return hex.EncodeToString(b[:]), nil
}

// number is a random number below limit.
func (d *deploy) number(limit *big.Int) (int64, error) {
	n, err := rand.Int(d.Random, limit)
	if err != nil {
		return 0, err
	}
	return n.Int64(), nil
}
