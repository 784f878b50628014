package template

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// keepAccounts refuses to delete a user pool in which people have accounts.
// CloudFormation would do it; but nobody can bring the accounts and passwords
// back, and `up` deploys whatever has just been saved in an editor. Users that
// the stack itself has made do not count: it makes them again.
func (d *deploy) keepAccounts(ctx context.Context, row *resourceRow) error {
	if row.Type != userPoolType.name || row.PhysicalID == "" {
		return nil
	}
	in := &cognito.ListUsersInput{UserPoolId: &row.PhysicalID}
	for {
		page, err := invoke[cognito.ListUsersOutput](ctx, d, cognitoIDP, "ListUsers", in)
		if err != nil {
			return unlessGone(err)
		}
		for _, u := range page.Users {
			if !d.hasMade(row.PhysicalID, aws.ToString(u.Username)) {
				return fmt.Errorf("the user pool %s holds accounts of people, such as %q, and would be deleted with them. "+
					"To keep it, set DeletionPolicy: Retain and UpdateReplacePolicy: Retain and deploy that first; "+
					"to be rid of it, delete it yourself: aws cognito-idp delete-user-pool --user-pool-id %[1]s", row.PhysicalID, aws.ToString(u.Username))
			}
		}
		if page.PaginationToken == nil {
			return nil
		}
		in.PaginationToken = page.PaginationToken
	}
}

func (d *deploy) hasMade(pool, username string) bool {
	for _, row := range d.rows {
		if row.Type == userPoolUserType.name && row.Handles["UserPoolId"] == pool && row.Handles["Username"] == username {
			return true
		}
	}
	return false
}

// keepAccountsOfRemoved looks at the pools that have left the template, before
// anything is touched. Pools that are replaced are looked at when it shows.
func (d *deploy) keepAccountsOfRemoved(ctx context.Context) error {
	for _, row := range d.rows {
		if r := d.resources[row.LogicalID]; r != nil && row.live() || row.Retain {
			continue
		}
		if err := d.keepAccounts(ctx, row); err != nil {
			return &Error{LogicalID: row.LogicalID, Cause: err,
				Problem: Problem{File: d.file, Message: row.LogicalID + " (" + row.Type + ") is no longer in the template: " + err.Error()}}
		}
	}
	return nil
}
