package userpool

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/store"
)

// Group is a named set of users. Its name travels in their tokens, its role in
// their ID tokens.
type Group struct {
	PoolID      string
	Name        string
	Description *string
	Precedence  *int32 // lower is more important; nil comes last
	RoleARN     string
	Created     time.Time
	Modified    time.Time
}

func (g *Group) rank() int64 {
	if g.Precedence == nil {
		return math.MaxInt64
	}
	return int64(*g.Precedence)
}

func (g *Group) shape() *types.GroupType {
	return &types.GroupType{
		UserPoolId: &g.PoolID, GroupName: &g.Name, Description: g.Description, Precedence: g.Precedence,
		RoleArn: optional(g.RoleARN), CreationDate: &g.Created, LastModifiedDate: &g.Modified,
	}
}

func (g *Group) check() error {
	switch {
	case g.Name == "" || utf8.RuneCountInString(g.Name) > 128 || !usernamePattern.MatchString(g.Name):
		return invalid("GroupName must have 1 to 128 characters and no spaces or control characters.")
	case utf8.RuneCountInString(deref(g.Description)) > maxValue:
		return invalid("Description must have at most 2048 characters.")
	case g.Precedence != nil && *g.Precedence < 0:
		return invalid("Precedence must not be negative.")
	case g.RoleARN != "" && (!strings.HasPrefix(g.RoleARN, "arn:aws:iam::") || !strings.Contains(g.RoleARN, ":role/")):
		return invalid("RoleArn must be the ARN of an IAM role.")
	}
	return nil
}

// mayGive asks whether the caller may hand out the role of a group: an identity
// pool gives its credentials to whoever is in the group. Root may pass every
// role of the account, and what is none opens nothing.
func (s *Service) mayGive(call *access.Call, roleARN string) error {
	if roleARN == "" || call.Caller.Kind == access.Root {
		return nil
	}
	if v := s.roles.MayPass(call, roleARN); !v.Allowed || v.Explicit {
		return awsapi.Denied(call, "iam:PassRole", roleARN, v)
	}
	return nil
}

// rolesOfGroups are the roles that groups of a pool have, each given by somebody
// who may pass it.
func rolesOfGroups(ctx context.Context, session store.Session, poolID string) (map[string]bool, error) {
	groups, err := groupTable.List(ctx, session, ofPool, poolID)
	if err != nil {
		return nil, err
	}
	given := map[string]bool{}
	for _, g := range groups {
		if g.RoleARN != "" {
			given[g.RoleARN] = true
		}
	}
	return given, nil
}

func noGroup() error { return noResource("Group not found.") }

// CreateGroup makes an empty group.
func (s *Service) CreateGroup(ctx context.Context, call *access.Call, in *idp.CreateGroupInput) (*idp.CreateGroupOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	g := &Group{
		PoolID: p.ID, Name: deref(in.GroupName), Description: in.Description, Precedence: in.Precedence,
		RoleARN: deref(in.RoleArn), Created: call.Time, Modified: call.Time,
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	if err := s.mayGive(call, g.RoleARN); err != nil {
		return nil, err
	}
	err = s.writePool(ctx, p.ID, func(tx *store.Tx, _ *Pool) error {
		n, err := groupTable.Count(ctx, tx, ofPool, p.ID)
		if err != nil {
			return err
		}
		if n >= maxGroups {
			return tooLarge("A user pool holds at most 10000 groups.")
		}
		return groupTable.Insert(ctx, tx, g)
	})
	if errors.Is(err, store.ErrExists) {
		text := "A group with the name already exists."
		return nil, &types.GroupExistsException{Message: &text}
	}
	if err != nil {
		return nil, err
	}
	return &idp.CreateGroupOutput{Group: g.shape()}, nil
}

// UpdateGroup changes the description, precedence or role that are given.
func (s *Service) UpdateGroup(ctx context.Context, call *access.Call, in *idp.UpdateGroupInput) (*idp.UpdateGroupOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if err := s.mayGive(call, deref(in.RoleArn)); err != nil {
		return nil, err
	}
	g, err := groupTable.Update(ctx, s.db, func(g *Group) error {
		if in.Description != nil {
			g.Description = in.Description
		}
		if in.Precedence != nil {
			g.Precedence = in.Precedence
		}
		if in.RoleArn != nil {
			g.RoleARN = *in.RoleArn
		}
		g.Modified = call.Time
		return g.check()
	}, p.ID, deref(in.GroupName))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noGroup()
	}
	if err != nil {
		return nil, err
	}
	return &idp.UpdateGroupOutput{Group: g.shape()}, nil
}

// GetGroup shows one group.
func (s *Service) GetGroup(ctx context.Context, call *access.Call, in *idp.GetGroupInput) (*idp.GetGroupOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	g, err := groupTable.Get(ctx, s.db, p.ID, deref(in.GroupName))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noGroup()
	}
	if err != nil {
		return nil, err
	}
	return &idp.GetGroupOutput{Group: g.shape()}, nil
}

// DeleteGroup removes a group; its users stay. Tokens that name it stay valid until they expire.
func (s *Service) DeleteGroup(ctx context.Context, call *access.Call, in *idp.DeleteGroupInput) (*idp.DeleteGroupOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := groupTable.Delete(ctx, tx, p.ID, deref(in.GroupName)); err != nil {
			return err
		}
		_, err := memberTable.DeleteWhere(ctx, tx, membersOf, p.ID, deref(in.GroupName))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, noGroup()
	}
	if err != nil {
		return nil, err
	}
	return &idp.DeleteGroupOutput{}, nil
}

// ListGroups pages through a pool's groups by name.
func (s *Service) ListGroups(ctx context.Context, call *access.Call, in *idp.ListGroupsInput) (*idp.ListGroupsOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	page, err := s.openPage("ListGroups", p.ID, in.NextToken, in.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := groupTable.List(ctx, s.db, groupsAfter, p.ID, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(g *Group) string { return g.Name })
	return &idp.ListGroupsOutput{Groups: groupShapes(rows), NextToken: next}, nil
}

// AdminListGroupsForUser pages through the groups of one user by name.
func (s *Service) AdminListGroupsForUser(ctx context.Context, call *access.Call, in *idp.AdminListGroupsForUserInput) (*idp.AdminListGroupsForUserOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	page, err := s.openPage("AdminListGroupsForUser", p.ID+"/"+u.Sub, in.NextToken, in.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := groupTable.List(ctx, s.db, groupsOf, p.ID, u.NameKey, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(g *Group) string { return g.Name })
	return &idp.AdminListGroupsForUserOutput{Groups: groupShapes(rows), NextToken: next}, nil
}

func groupShapes(rows []*Group) []types.GroupType {
	shapes := make([]types.GroupType, len(rows))
	for i, g := range rows {
		shapes[i] = *g.shape()
	}
	return shapes
}

// ListUsersInGroup pages through the users of a group by user name.
func (s *Service) ListUsersInGroup(ctx context.Context, call *access.Call, in *idp.ListUsersInGroupInput) (*idp.ListUsersInGroupOutput, error) {
	p, err := s.pool(call, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	name := deref(in.GroupName)
	if _, err := groupTable.Get(ctx, s.db, p.ID, name); errors.Is(err, store.ErrNotFound) {
		return nil, noGroup()
	} else if err != nil {
		return nil, err
	}
	page, err := s.openPage("ListUsersInGroup", p.ID+"/"+name, in.NextToken, in.Limit)
	if err != nil {
		return nil, err
	}
	rows, err := userTable.List(ctx, s.db, usersOfGroup, p.ID, name, page.After, page.Fetch())
	if err != nil {
		return nil, err
	}
	rows, next := awsapi.Turn(page, rows, func(u *User) string { return u.NameKey })
	users := make([]types.UserType, len(rows))
	for i, u := range rows {
		users[i] = u.shape(nil)
	}
	return &idp.ListUsersInGroupOutput{Users: users, NextToken: next}, nil
}

// AdminAddUserToGroup adds a user to a group; twice is as good as once.
func (s *Service) AdminAddUserToGroup(ctx context.Context, call *access.Call, in *idp.AdminAddUserToGroupInput) (*idp.AdminAddUserToGroupOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	name := deref(in.GroupName)
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := groupTable.Get(ctx, tx, p.ID, name); errors.Is(err, store.ErrNotFound) {
			return noGroup()
		} else if err != nil {
			return err
		}
		if _, err := memberTable.Get(ctx, tx, p.ID, name, u.NameKey); err == nil || !errors.Is(err, store.ErrNotFound) {
			return err
		}
		// Reading the user here keeps one who is being deleted out of the group.
		if now, err := userTable.Get(ctx, tx, p.ID, u.NameKey); errors.Is(err, store.ErrNotFound) || err == nil && now.Sub != u.Sub {
			return noUser()
		} else if err != nil {
			return err
		}
		n, err := memberTable.Count(ctx, tx, membershipsOf, p.ID, u.NameKey)
		if err != nil {
			return err
		}
		if n >= maxJoined {
			return tooLarge("A user can be in at most 100 groups.")
		}
		return memberTable.Insert(ctx, tx, &memberRow{PoolID: p.ID, Group: name, NameKey: u.NameKey})
	})
	if err != nil && !errors.Is(err, store.ErrExists) {
		return nil, err
	}
	return &idp.AdminAddUserToGroupOutput{}, nil
}

// AdminRemoveUserFromGroup takes a user out of a group. Tokens issued before keep naming it.
func (s *Service) AdminRemoveUserFromGroup(ctx context.Context, call *access.Call, in *idp.AdminRemoveUserFromGroupInput) (*idp.AdminRemoveUserFromGroupOutput, error) {
	p, u, err := s.user(ctx, call, in.UserPoolId, in.Username)
	if err != nil {
		return nil, err
	}
	if _, err := groupTable.Get(ctx, s.db, p.ID, deref(in.GroupName)); errors.Is(err, store.ErrNotFound) {
		return nil, noGroup()
	} else if err != nil {
		return nil, err
	}
	err = memberTable.Delete(ctx, s.db, p.ID, deref(in.GroupName), u.NameKey)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return &idp.AdminRemoveUserFromGroupOutput{}, nil
}
