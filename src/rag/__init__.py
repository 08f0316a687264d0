"""A question-answering service over your own documents, built to be operated."""
