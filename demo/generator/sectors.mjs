// What the enterprises do: the nine sectors, with the words that enterprise names are made of.
// Columns: zh|en|de|fr|es|pt|it; a language that is missing takes the English word.

const SECTORS = {
  'advanced-manufacturing': `精密机械|Precision Machinery|Präzisionstechnik|Mécanique de Précision|Maquinaria de Precisión|Máquinas de Precisão|Meccanica di Precisione
智能装备|Intelligent Equipment|Anlagentechnik|Équipements Industriels|Equipos Industriales|Equipamentos|Impianti Industriali
数控机床|CNC Machine Tools|Werkzeugmaschinen
轴承传动|Bearings & Drives|Antriebstechnik
轨道交通装备|Rail Equipment
海工装备|Offshore Equipment
流体控制|Flow Control|Armaturen`,
  'foreign-trade': `国际贸易|International Trading|Handels|Commerce International|Comercio Internacional|Comércio Exterior|Commercio Internazionale
进出口|Import & Export|Import-Export|Import-Export|Importación y Exportación|Importação e Exportação|Import-Export
供应链管理|Supply Chain
国际物流|Global Logistics|Logistik|Logistique|Logística|Logística|Logistica
食品贸易|Foods Trading
跨境电子商务|Cross-Border Commerce`,
  'new-energy-materials': `新材料|New Materials|Werkstoffe|Matériaux|Materiales|Materiais|Materiali
新能源|New Energy|Energietechnik|Énergies Nouvelles|Energías|Energias|Energie
储能技术|Energy Storage
氢能科技|Hydrogen Technology
风电设备|Wind Power
特种合金|Special Alloys`,
  'fine-chemicals': `精细化工|Fine Chemicals|Feinchemie|Chimie Fine|Química Fina|Química Fina|Chimica Fine
化工材料|Chemical Materials
催化剂|Catalysts
涂料|Coatings|Lacke
医药中间体|Pharma Intermediates`,
  'real-estate': `置业|Properties|Immobilien|Immobilier|Inmobiliaria|Imobiliária|Immobiliare
城市建设|Urban Development
产业园运营|Industrial Parks
建筑设计|Architects
物业服务|Property Services`,
  'financial-services': `投资|Investment|Beteiligungs|Investissement|Inversiones|Investimentos|Investimenti
资产管理|Asset Management
融资租赁|Leasing
基金管理|Fund Management
保险经纪|Insurance Brokers`,
  'artificial-intelligence': `智能科技|Intelligent Technology|Intelligente Systeme|Systèmes Intelligents|Sistemas Inteligentes|Sistemas Inteligentes|Sistemi Intelligenti
机器人|Robotics|Robotik|Robotique|Robótica|Robótica|Robotica
机器视觉|Machine Vision
数据技术|Data Technology
语音技术|Speech Technology`,
  biotechnology: `生物科技|Biotechnology|Biotechnologie|Biotechnologies|Biotecnología|Biotecnologia|Biotecnologie
医疗器械|Medical Devices|Medizintechnik|Dispositifs Médicaux
生物制药|Biopharma
健康产业|Health
种业|Seeds`,
  'cultural-tourism': `文化旅游|Culture & Tourism|Reisen|Culture et Voyages|Cultura y Viajes|Cultura e Turismo|Cultura e Viaggi
文化传播|Culture & Media
国际旅行|Travel
酒店管理|Hotels|Hotels|Hôtellerie|Hoteles|Hotéis|Alberghi
影视|Pictures
餐饮管理|Restaurants`,
};

const WEIGHTS = {
  'advanced-manufacturing': 19, 'foreign-trade': 24, 'new-energy-materials': 12, 'fine-chemicals': 8, 'real-estate': 8,
  'financial-services': 9, 'artificial-intelligence': 9, biotechnology: 10, 'cultural-tourism': 9,
};

const LANGUAGES = ['zh', 'en', 'de', 'fr', 'es', 'pt', 'it'];
const word = (line) => Object.fromEntries(line.split('|').map((text, i) => [LANGUAGES[i], text]));

/** The sectors, each with its weight and its words by language. */
export const sectors = Object.entries(SECTORS).map(([id, text]) => ({ id, weight: WEIGHTS[id], words: text.split('\n').map(word) }));
