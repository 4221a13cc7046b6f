/* The target module has no code yet. */
extern int target_module_is_empty;
int target_module_is_empty;
