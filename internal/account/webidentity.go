package account

// maxWebToken is the longest web identity token, in bytes.
const maxWebToken = 20000
