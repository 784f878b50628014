package account

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
)

// second is the time of a call as IAM keeps it: in whole seconds.
func second(call *access.Call) time.Time { return call.Time.UTC().Truncate(time.Second) }

func (s *Service) userShape(e *entity) types.User {
	return types.User{
		UserName: &e.Name, UserId: &e.ID, Path: &e.Path, Arn: new(e.arn(s.account)), CreateDate: &e.Created,
		PermissionsBoundary: boundaryShape(e), Tags: tagsIfAny(e.Tags),
	}
}

// userName is the name that was given, or else that of the user who calls.
func (s *Service) userName(call *access.Call, given *string) (*string, error) {
	if given != nil {
		return given, nil
	}
	if call.Caller.Kind == access.User {
		if e := s.current.Load().entities[call.Caller.ID]; e != nil {
			return &e.Name, nil
		}
	}
	return nil, validation("Must specify userName when calling with non-User credentials")
}

// CreateUser makes a user who has neither keys nor permissions.
func (s *Service) CreateUser(ctx context.Context, call *access.Call, in *iam.CreateUserInput) (*iam.CreateUserOutput, error) {
	e, err := s.newEntity(call, user, in.UserName, in.Path)
	if err != nil {
		return nil, err
	}
	if e.Tags, err = sortedTags(in.Tags); err != nil {
		return nil, err
	}
	e.Boundary = deref(in.PermissionsBoundary)
	if err := s.create(ctx, e, func(tx *store.Tx) error { return s.boundaryExists(ctx, tx, in.PermissionsBoundary) }); err != nil {
		return nil, err
	}
	return &iam.CreateUserOutput{User: new(s.userShape(e))}, nil
}

// GetUser shows a user; without a name, whoever calls.
func (s *Service) GetUser(ctx context.Context, call *access.Call, in *iam.GetUserInput) (*iam.GetUserOutput, error) {
	if in.UserName == nil && call.Caller.Kind == access.Root {
		return &iam.GetUserOutput{User: &types.User{Arn: &call.Caller.ARN, UserId: &call.Caller.ID, UserName: new(""), Path: new("/"), CreateDate: &time.Time{}}}, nil
	}
	name, err := s.userName(call, in.UserName)
	if err != nil {
		return nil, err
	}
	e, err := s.find(ctx, s.db, user, name)
	if err != nil {
		return nil, err
	}
	return &iam.GetUserOutput{User: new(s.userShape(e))}, nil
}

// ListUsers pages through the users by name. Tags and boundaries are GetUser's.
func (s *Service) ListUsers(ctx context.Context, _ *access.Call, in *iam.ListUsersInput) (*iam.ListUsersOutput, error) {
	rows, truncated, next, err := s.listEntities(ctx, "ListUsers", user, in.PathPrefix, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListUsersOutput{Users: s.userList(rows), IsTruncated: truncated, Marker: next}, nil
}

func (s *Service) userList(rows []*entity) []types.User {
	list := make([]types.User, len(rows))
	for i, e := range rows {
		list[i] = s.userShape(e)
		list[i].Tags, list[i].PermissionsBoundary = nil, nil
	}
	return list
}

// UpdateUser renames a user or moves them to another path.
func (s *Service) UpdateUser(ctx context.Context, call *access.Call, in *iam.UpdateUserInput) (*iam.UpdateUserOutput, error) {
	return nil, s.move(ctx, call, user, in.UserName, in.NewUserName, in.NewPath)
}

// DeleteUser removes a user who has no keys, policies and groups any more.
// Their temporary credentials die with them.
func (s *Service) DeleteUser(ctx context.Context, _ *access.Call, in *iam.DeleteUserInput) (*iam.DeleteUserOutput, error) {
	return nil, s.remove(ctx, user, in.UserName, func(tx *store.Tx, e *entity) error {
		n, err := accessKeys.Count(ctx, tx, "owner = $1", e.ID)
		switch {
		case err != nil:
			return err
		case n > 0:
			return deleteConflict("Cannot delete entity, must delete access keys first.")
		case len(e.Groups) > 0:
			return deleteConflict("Cannot delete entity, must remove users from group first.")
		}
		return nil
	})
}
