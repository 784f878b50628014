package template

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// unwanted are the rows, newest first, that the template has no use for: their
// resource has left it, or a newer one has taken its place.
func (d *deploy) unwanted() []*resourceRow {
	var rows []*resourceRow
	for _, row := range d.rows {
		if d.resources[row.LogicalID] == nil || d.current(row.LogicalID) != row {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b *resourceRow) int { return int(b.Seq - a.Seq) })
	return rows
}

// undeployed are the parts of an API that are frozen with it, and so seen by
// nobody before the next deployment.
var undeployed = map[string]bool{
	methodType.name: true, authorizerType.name: true, gatewayResponseType.name: true, apiResourceType.name: true,
	httpRouteType.name: true, httpIntegrationType.name: true, httpAuthorizerType.name: true,
}

// removeUndeployed takes away the parts of an API that have left the template,
// and those in whose place others have been made: a route that is not in the
// template must not be in the next deployment.
func (d *deploy) removeUndeployed(ctx context.Context, api string) error {
	return d.removeParts(ctx, api, func(row *resourceRow) bool { return undeployed[row.Type] })
}

// removePaths takes away paths that have left the template: a path has one
// variable part at each place, so {id} goes before {name} comes.
func (d *deploy) removePaths(ctx context.Context, api string) error {
	return d.removeParts(ctx, api, func(row *resourceRow) bool {
		return d.resources[row.LogicalID] == nil && (row.Type == methodType.name || row.Type == apiResourceType.name)
	})
}

func (d *deploy) removeParts(ctx context.Context, api string, which func(*resourceRow) bool) error {
	rows := slices.DeleteFunc(d.unwanted(), func(row *resourceRow) bool {
		return !which(row) || row.Handles["RestApiId"] != api && row.Handles["ApiId"] != api
	})
	for _, kept := range d.takeAllAway(ctx, rows) {
		d.tellOf(kept.row.LogicalID, kept.row.Type, kept.row.Label, DeleteFailed, kept.why.Error())
		return kept.why
	}
	return nil
}

// cleanUp removes all that is unwanted, and returns what could not be removed.
func (d *deploy) cleanUp(ctx context.Context) (left []string) {
	for _, kept := range d.takeAllAway(ctx, d.unwanted()) {
		d.tellOf(kept.row.LogicalID, kept.row.Type, kept.row.Label, DeleteFailed, kept.why.Error())
		left = append(left, kept.row.LogicalID)
	}
	return left
}

// inUse says that something cannot be deleted as long as something else uses it.
func inUse(err error) bool { return hasCode(err, "DeleteConflict", "ConflictException") }

// notRemoved is a row whose thing could not be removed.
type notRemoved struct {
	row *resourceRow
	why error
}

// takeAllAway removes in the order given. What something else still uses, such as
// a policy that bounds a role, or an authorizer that was changed after the route
// that relies on it, is tried again when other things have gone.
func (d *deploy) takeAllAway(ctx context.Context, rows []*resourceRow) []notRemoved {
	for {
		used := false
		var failed []*resourceRow
		var kept []notRemoved
		for _, row := range rows {
			if err := d.takeAway(ctx, row); err != nil {
				failed, kept = append(failed, row), append(kept, notRemoved{row, err})
				used = used || inUse(err)
			}
		}
		if !used || len(failed) == len(rows) {
			return kept
		}
		rows = failed
	}
}

// takeAway deletes what a row stands for, and then the row. A failure may not be
// the last word.
func (d *deploy) takeAway(ctx context.Context, row *resourceRow) error {
	replaced := d.resources[row.LogicalID] != nil
	if replaced && row.KeepOld || !replaced && row.Retain {
		d.tellOf(row.LogicalID, row.Type, row.Label, DeleteSkipped, "the template says Retain")
		return d.forget(ctx, row)
	}
	d.tellOf(row.LogicalID, row.Type, row.Label, DeleteInProgress, "")
	if err := d.doRemove(ctx, row); err != nil {
		return err
	}
	d.tellOf(row.LogicalID, row.Type, row.Label, DeleteComplete, "")
	if !replaced {
		d.changes = append(d.changes, Change{LogicalID: row.LogicalID, Type: row.Type, Label: row.Label, Action: Deleted})
	}
	return nil
}

func (d *deploy) doRemove(ctx context.Context, row *resourceRow) error {
	kind := types[row.Type]
	if kind == nil {
		return errors.New("its type is unknown: it was made by another version of Sallyport")
	}
	if d.standsFor(row) {
		return d.forget(ctx, row)
	}
	row.Status = DeleteInProgress
	if err := d.save(ctx, row); err != nil {
		return err
	}
	if err := kind.remove(ctx, &work{deploy: d, row: row}); err != nil {
		return err
	}
	return d.forget(ctx, row)
}

// standsFor says whether another row has the very thing that row has: it got
// another name in the template, and must not be deleted under its new one.
func (d *deploy) standsFor(row *resourceRow) bool {
	return slices.ContainsFunc(d.rows, func(r *resourceRow) bool {
		return r != row && r.live() && r.Type == row.Type && r.PhysicalID == row.PhysicalID && maps.Equal(r.Handles, row.Handles)
	})
}

// rollbackTime is how long a rollback may take when the deploy was cancelled.
const rollbackTime = 30 * time.Second

// rollback removes what this run has created, newest first, and says what failed.
func (d *deploy) rollback(ctx context.Context, r *resource, cause error) error {
	// A deploy that was cancelled is rolled back all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	failed := &Error{LogicalID: r.id, Cause: cause, Problem: Problem{d.file, r.at, r.id + " (" + r.kind.name + "): " + cause.Error()}}
	for _, c := range d.changes {
		if c.Action == Updated || c.Action == Deleted {
			failed.Changed = append(failed.Changed, c)
		}
	}
	var problems Problems
	if errors.As(cause, &problems) && len(problems) > 0 {
		failed.Problem = problems[0]
	}
	for _, row := range slices.Backward(d.made) {
		d.tellOf(row.LogicalID, row.Type, row.Label, DeleteInProgress, "rolled back")
		var err error
		if row.Status == CreateInProgress {
			err = d.discard(ctx, row)
		} else {
			err = d.doRemove(ctx, row)
		}
		if err != nil {
			d.tellOf(row.LogicalID, row.Type, row.Label, DeleteFailed, err.Error())
			failed.Left = append(failed.Left, row.LogicalID)
			continue
		}
		d.tellOf(row.LogicalID, row.Type, row.Label, DeleteComplete, "rolled back")
	}
	if err := d.note(ctx, UpdateFailed); err != nil {
		failed.Cause = errors.Join(cause, err)
	}
	return failed
}
