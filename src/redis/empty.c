/* The redis module has no code yet. */
extern int redis_module_is_empty;
int redis_module_is_empty;
