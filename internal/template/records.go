package template

import (
	"context"
	"errors"
	"slices"

	"github.com/sallyport/sallyport/internal/store"
)

// Status is what a row says of its resource, in CloudFormation's words.
type Status string

const (
	BuildInProgress  Status = "BUILD_IN_PROGRESS" // events only: code is compiled or packed
	BuildComplete    Status = "BUILD_COMPLETE"
	BuildFailed      Status = "BUILD_FAILED"
	CreateInProgress Status = "CREATE_IN_PROGRESS"
	CreateComplete   Status = "CREATE_COMPLETE"
	CreateFailed     Status = "CREATE_FAILED"
	UpdateInProgress Status = "UPDATE_IN_PROGRESS"
	UpdateComplete   Status = "UPDATE_COMPLETE"
	UpdateFailed     Status = "UPDATE_FAILED"
	DeleteInProgress Status = "DELETE_IN_PROGRESS"
	DeleteComplete   Status = "DELETE_COMPLETE"
	DeleteFailed     Status = "DELETE_FAILED"
	DeleteSkipped    Status = "DELETE_SKIPPED" // DeletionPolicy: Retain
)

// resourceRow is one thing that was made, or is about to be. It holds no
// property's value: properties are keyed hashes, since some are secrets.
type resourceRow struct {
	Stack      string
	Token      string // random, 32 hexadecimal digits
	LogicalID  string
	Type       string
	PhysicalID string // "" until it is made
	Status     Status // CreateInProgress, CreateComplete, UpdateInProgress, UpdateComplete, DeleteInProgress
	Seq        int64  // rises with every change in the stack: what was made last goes first
	StartedAt  int64  // Unix milliseconds at which its creation began
	Properties map[string]string
	Attributes map[string]string // what GetAtt gives
	Handles    map[string]string // the ids that are needed to delete it
	Lookup     map[string]string // what find needs if its creation is interrupted
	Retain     bool
	KeepOld    bool
	Label      string // what a person would call it
	Password   []byte `json:",omitempty"` // of a user, if the deploy made it up; sealed
	Secret     []byte `json:",omitempty"` // of an access key, which AWS shows only once; sealed
	Frozen     string `json:",omitempty"` // of a deployment: the sum of what it froze
	Ties       []tie  `json:",omitempty"` // what it has put on users, groups and roles
}

func (r *resourceRow) live() bool {
	return r.Status != CreateInProgress && r.Status != DeleteInProgress
}

type stackRow struct {
	Name       string
	Status     Status
	File       string
	DeployedAt int64 // Unix milliseconds of the last deploy that succeeded
}

var (
	stackTable = store.NewTable(store.Schema[stackRow]{
		Table: "stacks",
		Key:   []store.Column[stackRow]{{Name: "name", Value: func(r *stackRow) any { return r.Name }}},
	})
	resourceTable = store.NewTable(store.Schema[resourceRow]{
		Table: "stack_resources",
		Key: []store.Column[resourceRow]{
			{Name: "stack", Value: func(r *resourceRow) any { return r.Stack }},
			{Name: "token", Value: func(r *resourceRow) any { return r.Token }},
		},
		Columns: []store.Column[resourceRow]{
			{Name: "type", Value: func(r *resourceRow) any { return r.Type }},
			{Name: "physical_id", Value: func(r *resourceRow) any { return r.PhysicalID }},
		},
	})
)

const (
	rowsOfStack = `stack = $1`
	rowsOfThing = `type = $1 and physical_id = $2`
)

// load reads the rows of the stack, oldest change first.
func (d *deploy) load(ctx context.Context) error {
	rows, err := resourceTable.List(ctx, d.Store, rowsOfStack, d.stack)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b *resourceRow) int { return int(a.Seq - b.Seq) })
	d.rows = rows
	for _, r := range rows {
		d.seq = max(d.seq, r.Seq)
	}
	return nil
}

// save writes a row, new or not.
func (d *deploy) save(ctx context.Context, row *resourceRow) error {
	_, err := resourceTable.Update(ctx, d.Store, func(r *resourceRow) error { *r = *row; return nil }, row.Stack, row.Token)
	if errors.Is(err, store.ErrNotFound) {
		err = resourceTable.Insert(ctx, d.Store, row)
		if err == nil {
			d.rows = append(d.rows, row)
		}
	}
	return err
}

// forget removes the row of something that is gone.
func (d *deploy) forget(ctx context.Context, row *resourceRow) error {
	d.rows = slices.DeleteFunc(d.rows, func(r *resourceRow) bool { return r == row })
	err := resourceTable.Delete(ctx, d.Store, row.Stack, row.Token)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// owned says whether a thing already belongs to a row of some stack.
func (d *deploy) owned(ctx context.Context, kind, id, pool string) (bool, error) {
	rows, err := resourceTable.List(ctx, d.Store, rowsOfThing, kind, id)
	return slices.ContainsFunc(rows, func(r *resourceRow) bool { return pool == "" || r.Handles["UserPoolId"] == pool }), err
}

// current is the row of a resource as it now is: the newest that is live.
func (d *deploy) current(id string) *resourceRow {
	var found *resourceRow
	for _, r := range d.rows {
		if r.LogicalID == id && r.live() && (found == nil || r.Seq > found.Seq) {
			found = r
		}
	}
	return found
}
