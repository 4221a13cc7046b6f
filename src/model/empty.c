/* The model module has no code yet. */
extern int model_module_is_empty;
int model_module_is_empty;
