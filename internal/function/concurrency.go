package function

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
)

// PutFunctionConcurrency reserves concurrency: so many events at once, of all
// versions together, on each node. 0 stops the function.
func (s *Service) PutFunctionConcurrency(ctx context.Context, call *access.Call, in *lambda.PutFunctionConcurrencyInput) (*lambda.PutFunctionConcurrencyOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	n := aws.ToInt32(in.ReservedConcurrentExecutions)
	if n < 0 {
		return nil, within(n, "reservedConcurrentExecutions", 0, 1<<30)
	}
	_, err = s.change(ctx, s.db, t, func(row *functionRow) error {
		row.Reserved = &n
		return nil
	})
	return &lambda.PutFunctionConcurrencyOutput{ReservedConcurrentExecutions: &n}, err
}

// GetFunctionConcurrency returns what is reserved; nothing if nothing is.
func (s *Service) GetFunctionConcurrency(ctx context.Context, call *access.Call, in *lambda.GetFunctionConcurrencyInput) (*lambda.GetFunctionConcurrencyOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	row, err := s.row(ctx, s.db, t)
	if err != nil {
		return nil, err
	}
	return &lambda.GetFunctionConcurrencyOutput{ReservedConcurrentExecutions: row.Reserved}, nil
}

// DeleteFunctionConcurrency lifts the reservation.
func (s *Service) DeleteFunctionConcurrency(ctx context.Context, call *access.Call, in *lambda.DeleteFunctionConcurrencyInput) (*lambda.DeleteFunctionConcurrencyOutput, error) {
	t, err := whole(call, in.FunctionName)
	if err != nil {
		return nil, err
	}
	_, err = s.change(ctx, s.db, t, func(row *functionRow) error {
		row.Reserved = nil
		return nil
	})
	return nil, err
}
