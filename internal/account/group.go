package account

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

const maxGroupsPerUser = 10

func (s *Service) groupShape(e *entity) types.Group {
	return types.Group{GroupName: &e.Name, GroupId: &e.ID, Path: &e.Path, Arn: new(e.arn(s.account)), CreateDate: &e.Created}
}

// CreateGroup makes an empty group.
func (s *Service) CreateGroup(ctx context.Context, call *access.Call, in *iam.CreateGroupInput) (*iam.CreateGroupOutput, error) {
	e, err := s.newEntity(call, group, in.GroupName, in.Path)
	if err != nil {
		return nil, err
	}
	if err := s.create(ctx, e, nil); err != nil {
		return nil, err
	}
	return &iam.CreateGroupOutput{Group: new(s.groupShape(e))}, nil
}

// GetGroup shows a group and pages through its users.
func (s *Service) GetGroup(ctx context.Context, _ *access.Call, in *iam.GetGroupInput) (*iam.GetGroupOutput, error) {
	l, err := s.listing("GetGroup", deref(in.GroupName), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	e, err := s.find(ctx, s.db, group, in.GroupName)
	if err != nil {
		return nil, err
	}
	members, err := s.members(ctx, s.db, e.ID)
	if err != nil {
		return nil, err
	}
	members, truncated, next := page(l, members, func(e *entity) string { return nameKey(e.Kind, e.Name) })
	return &iam.GetGroupOutput{Group: new(s.groupShape(e)), Users: s.userList(members), IsTruncated: truncated, Marker: next}, nil
}

// members are the users of a group, by name.
func (s *Service) members(ctx context.Context, session store.Session, groupID string) ([]*entity, error) {
	rows, err := entities.List(ctx, session, "kind = $1 order by name", string(user))
	return slices.DeleteFunc(rows, func(e *entity) bool { return !slices.Contains(e.Groups, groupID) }), err
}

// ListGroups pages through the groups by name.
func (s *Service) ListGroups(ctx context.Context, _ *access.Call, in *iam.ListGroupsInput) (*iam.ListGroupsOutput, error) {
	rows, truncated, next, err := s.listEntities(ctx, "ListGroups", group, in.PathPrefix, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListGroupsOutput{Groups: s.groupList(rows), IsTruncated: truncated, Marker: next}, nil
}

func (s *Service) groupList(rows []*entity) []types.Group {
	list := make([]types.Group, len(rows))
	for i, e := range rows {
		list[i] = s.groupShape(e)
	}
	return list
}

// UpdateGroup renames a group or moves it to another path. Its users stay in it.
func (s *Service) UpdateGroup(ctx context.Context, call *access.Call, in *iam.UpdateGroupInput) (*iam.UpdateGroupOutput, error) {
	return nil, s.move(ctx, call, group, in.GroupName, in.NewGroupName, in.NewPath)
}

// DeleteGroup removes a group that has no users and policies any more.
func (s *Service) DeleteGroup(ctx context.Context, _ *access.Call, in *iam.DeleteGroupInput) (*iam.DeleteGroupOutput, error) {
	return nil, s.remove(ctx, group, in.GroupName, func(tx *store.Tx, e *entity) error {
		members, err := s.members(ctx, tx, e.ID)
		if err == nil && len(members) > 0 {
			err = deleteConflict("Cannot delete entity, must remove users from group first.")
		}
		return err
	})
}

// AddUserToGroup puts a user into a group; one who is there already stays.
func (s *Service) AddUserToGroup(ctx context.Context, _ *access.Call, in *iam.AddUserToGroupInput) (*iam.AddUserToGroupOutput, error) {
	_, err := s.change(ctx, user, in.UserName, func(tx *store.Tx, e *entity) error {
		g, err := s.find(ctx, tx, group, in.GroupName)
		if err != nil {
			return err
		}
		e.Groups = insertSorted(e.Groups, g.ID)
		if len(e.Groups) > maxGroupsPerUser {
			return limitExceeded("Cannot exceed quota for GroupsPerUser: %d", maxGroupsPerUser)
		}
		return nil
	})
	return nil, err
}

// RemoveUserFromGroup takes a user out of a group; one who is not in it stays out.
func (s *Service) RemoveUserFromGroup(ctx context.Context, _ *access.Call, in *iam.RemoveUserFromGroupInput) (*iam.RemoveUserFromGroupOutput, error) {
	_, err := s.change(ctx, user, in.UserName, func(tx *store.Tx, e *entity) error {
		g, err := s.find(ctx, tx, group, in.GroupName)
		if err != nil {
			return err
		}
		e.Groups, _ = removeSorted(e.Groups, g.ID)
		return nil
	})
	return nil, err
}

// ListGroupsForUser pages through the groups of a user by name.
func (s *Service) ListGroupsForUser(ctx context.Context, _ *access.Call, in *iam.ListGroupsForUserInput) (*iam.ListGroupsForUserOutput, error) {
	l, err := s.listing("ListGroupsForUser", deref(in.UserName), in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	e, err := s.find(ctx, s.db, user, in.UserName)
	if err != nil {
		return nil, err
	}
	var groups []*entity
	for _, id := range e.Groups {
		g, err := entities.Get(ctx, s.db, id)
		if errors.Is(err, store.ErrNotFound) {
			continue // it went between the two reads
		}
		if err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	byName := func(e *entity) string { return nameKey(e.Kind, e.Name) }
	slices.SortFunc(groups, func(a, b *entity) int { return cmp.Compare(byName(a), byName(b)) })
	groups, truncated, next := page(l, groups, byName)
	return &iam.ListGroupsForUserOutput{Groups: s.groupList(groups), IsTruncated: truncated, Marker: next}, nil
}
