// For program_build_test: what is linked, not what it does.
int main() { return 0; }
