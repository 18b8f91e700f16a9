import{a}from"./chunk-U76LZNOL.js";import"./chunk-LA64FRKF.js";import"./chunk-RXICNHFY.js";import"./chunk-Z26JNEXF.js";import"./chunk-X442RVO2.js";import"./chunk-4L5RI3VG.js";export{a as initialize};
