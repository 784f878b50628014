package account

import "github.com/sallyport/sallyport/internal/awsapi"

// inquiryOperations are those that ask about the account as a whole: what
// policies would decide, and everything that it has.
func (s *Service) inquiryOperations() []awsapi.Operation { return nil }
