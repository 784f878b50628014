package userpool

// What AWS's clients see of mistakes in mail settings; AWS's in kind.
const (
	textSourceRequired = "SourceArn is required when EmailSendingAccount is DEVELOPER."
	textSendingAccount = "EmailSendingAccount must be COGNITO_DEFAULT or DEVELOPER."
	textSource         = "SourceArn must be the ARN of an SES identity."
	textNoLinkPlace    = "EmailMessageByLink must contain {##text of the link##}."
)

func textSender(text string) string { return "Email address is invalid: " + text }
