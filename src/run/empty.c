/* The run module has no code yet. */
extern int run_module_is_empty;
int run_module_is_empty;
