/* The engine module has no code yet. */
extern int engine_module_is_empty;
int engine_module_is_empty;
