# Each shader becomes an array of SPIR-V in the program (engine/vulkan/shaders.h). Without
# Vulkan the folder is left out, and absent.cpp stands in its place.

get_target_property(sources qstar_engine SOURCES)
if(NOT QSTAR_WITH_VULKAN)
  list(FILTER sources EXCLUDE REGEX "/engine/vulkan/")
  list(APPEND sources ${CMAKE_SOURCE_DIR}/engine/vulkan/absent.cpp)
  set_target_properties(qstar_engine PROPERTIES SOURCES "${sources}")
  return()
endif()
list(FILTER sources EXCLUDE REGEX "/engine/vulkan/absent.cpp")
set_target_properties(qstar_engine PROPERTIES SOURCES "${sources}")

set(folder ${CMAKE_SOURCE_DIR}/engine/vulkan/shaders)
set(built ${CMAKE_BINARY_DIR}/shaders)
file(MAKE_DIRECTORY ${built})
file(GLOB shaders CONFIGURE_DEPENDS ${folder}/*.comp)
file(GLOB shared CONFIGURE_DEPENDS ${folder}/*.glsl)
set(text "#include \"engine/vulkan/shaders.h\"\n\nnamespace qstar::engine::vulkan::shaders {\n\n")
set(arrays)
foreach(shader ${shaders})
  get_filename_component(name ${shader} NAME_WE)
  set(array ${built}/${name}.inc)
  if(QSTAR_GLSLANG)
    # A whole declaration: const uint32_t NAME_words[] = {...};
    add_custom_command(OUTPUT ${array} DEPENDS ${shader} ${shared}
      COMMAND ${QSTAR_GLSLANG} -V --target-env vulkan1.2 --quiet --vn ${name}_words -o ${array}
              ${shader}
      COMMENT "Shader ${name}" VERBATIM)
    string(APPEND text "#include \"${name}.inc\"\n")
  else()
    # The numbers alone: {...}
    add_custom_command(OUTPUT ${array} DEPENDS ${shader} ${shared}
      COMMAND ${QSTAR_GLSLC} --target-env=vulkan1.2 -O -mfmt=c -o ${array} ${shader}
      COMMENT "Shader ${name}" VERBATIM)
    string(APPEND text "static const uint32_t ${name}_words[] =\n#include \"${name}.inc\"\n;\n")
  endif()
  string(APPEND text "extern const Spirv ${name}{${name}_words, sizeof ${name}_words};\n\n")
  list(APPEND arrays ${array})
endforeach()
string(APPEND text "} // namespace qstar::engine::vulkan::shaders\n")
file(CONFIGURE OUTPUT ${built}/shaders.cpp CONTENT "${text}" @ONLY)
set_source_files_properties(${built}/shaders.cpp PROPERTIES OBJECT_DEPENDS "${arrays}"
  INCLUDE_DIRECTORIES ${built})
target_sources(qstar_engine PRIVATE ${built}/shaders.cpp)
target_include_directories(qstar_engine SYSTEM PRIVATE ${QSTAR_VULKAN_INCLUDE})
target_link_libraries(qstar_engine PRIVATE ${CMAKE_DL_LIBS})
