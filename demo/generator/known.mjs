// Guests written down one by one: those who bear names of the place they come from, and the hard cases of every script.
// A line is `Latin|own script|other spellings|language`; the family name stands in brackets, and without brackets there is none.
// Each line takes one place of the quota of its region or province.

const LINES = {
  SG: `[Ouyang] Jingyi|[欧阳]静怡|OU YANG Jing Yi;歐陽靜怡|zh-Hans
Priya [Raghunathan]|||en`,
  HK: `[Ouyang] Jingwen|[歐陽]靜雯|欧阳静雯;AU YEUNG Ching-man;Jingwen OUYANG|zh-Hant
[Lyu] Shaoqing|[呂]紹卿|吕绍卿;LUI Siu-hing;LU Shaoqing|zh-Hant
Alexander [Whitcombe-Hartley]|||en
[Wang] Li|[王]丽||zh-Hans`,
  MO: `António Maria [da Rocha Xavier]|[罗]安多|Antonio DA ROCHA XAVIER|pt`,
  JP: `[Takahashi] Kenichi|[髙橋]健一|高橋健一;たかはし けんいち|ja
[Watanabe] Sakura|[渡邊]さくら|渡辺さくら;わたなべ さくら|ja
[Yamasaki] Takeshi|[山﨑]武志|山崎武志;やまさき たけし|ja
[Saito] Hiroyuki|[齋藤]博之|斎藤博之;さいとう ひろゆき|ja
[Hamada] Yumi|[濵田]由美|浜田由美;はまだ ゆみ|ja
[Sato] Miyuki|[佐藤]みゆき|さとう みゆき|ja
[Kobayashi] Shun|[小林]駿|こばやし しゅん|ja
[Oki] Ryo|[沖]涼|おき りょう|ja
[Kikuchi] Yutaka|[菊池]豊|きくち ゆたか|ja
[Fujiwara] Naoko|[藤原]奈緒子|ふじわら なおこ|ja
[Sakakibara] Jun|[榊原]ジュン|さかきばら じゅん;榊原淳|ja
[Kamiya] Erika|[神谷]エリカ|かみや えりか|ja
[Ota] Masahiro|[太田]昌弘|おおた まさひろ;OOTA Masahiro;ŌTA Masahiro|ja
[Zhao] Yan|[赵]䶮|趙䶮|zh-Hans`,
  KR: `[Kim] Minjun|[김]민준|金民俊|ko
[Lee] Seoyeon|[이]서연|李瑞妍|ko
[Park] Jihoon|[박]지훈|朴志勳|ko
[Choi] Hyunwoo|[최]현우|崔賢宇|ko
[Jung] Soojin|[정]수진|鄭秀珍|ko
[Kang] Dongwook|[강]동욱|姜東旭|ko
[Yoon] Haneul|[윤]하늘||ko
[Han] Seungmin|[한]승민|韓承珉|ko
[Seo] Yujin|[서]유진|徐有珍|ko
[Kwon] Taeyang|[권]태양||ko
[Namgung] Hyeok|[남궁]혁|南宮赫|ko
[Hwangbo] Eunji|[황보]은지|皇甫恩智|ko
[Bae] Kyungho|[배]경호|裵敬鎬|ko
[Shin] Areum|[신]아름||ko
[Heo] Jun|[허]준|許俊|ko
[Ahn] Byeongcheol|[안]병철|安秉哲|ko
[Piao] Longzhe|[朴]龙哲|박용철;PARK Yongcheol|ko
[Jin] Meihua|[金]美花|김미화;KIM Mihwa|zh-Hans`,
  TW: `[Ou] Yang-hsiu|[歐]陽秀|欧阳秀;OU Yangxiu|zh-Hant
[Lu] Hsueh-mei|[呂]雪梅|吕雪梅;LYU Xuemei|zh-Hant`,
  MY: `Ahmad Faizal bin Ismail||Faizal Ismail|en
Nurul Aisyah binti Abdul Rahman||Nurul Aisyah|en
Saravanan a/l Krishnamoorthy||Saravanan Krishnamoorthy|en`,
  ID: `Suharyono|||en
Kusumawati|||en
Wiryawan||Wiriawan|en
Sri Wahyuningtyas Kusumadewi Hadiningrat|||en
Budi [Gunawan Lim]|[林]文光|LIM Boen Kong|en`,
  TH: `Somchai [Rattanawongsa]|[黄]文财|NG Boon Chai|en
Pimchanok [Srisuwankul]|||en
Thanakorn [Vejjapraditchaikul]|[郑]德盛|TAY Tek Seng;ZHENG Desheng|en`,
  PH: `María Corazón [Villanueva-Sy]|[施]美珍|Marycor SY|en
Jose Antonio [Macaraeg]|||en`,
  VN: `[Nguyễn] Thị Minh Ánh|||vi
[Trần] Đức Thắng|||vi
[Lê] Hoàng Phương Thảo|||vi
[Phạm] Quốc Bảo|||vi`,
  KH: `[Sok] Vannak|||en`,
  MN: `[Ganbold] Bat-Erdene|Бат-Эрдэнэ [Ганболд]||en
[Dorj] Oyunchimeg|Оюунчимэг [Дорж]||en
[Tsendsüren] Mönkhtuul|Мөнхтуул [Цэндсүрэн]|Munkhtuul TSENDSUREN|en`,
  KZ: `[Abenov] Yerlan|Ерлан [Әбенов]|Erlan ABENOV|ru
[Qaliyeva] Aigül|Айгүл [Қалиева]|Aigul KALIYEVA|ru
[Zhumabekov] Daniyar|Данияр [Жұмабеков]||ru`,
  RU: `[Sokolov] Sergey|[Соколов] Сергей Викторович|SOKOLOFF Serguei|ru
[Kuznetsova] Anna|[Кузнецова] Анна Михайловна||ru
[Shcherbakov] Dmitry|[Щербаков] Дмитрий Олегович|SCHERBAKOV Dmitri;SHCHERBAKOV Dmitrii|ru
[Zhuravlyova] Yelena|[Журавлёва] Елена|ZHURAVLEVA Elena|ru
[Yezhov] Pyotr|[Ежов] Пётр|EZHOV Petr|ru
[Vorontsov-Velyaminov] Konstantin|[Воронцов-Вельяминов] Константин||ru
[Tsyganova] Olga|[Цыганова] Ольга||ru
[Khasanov] Rustam|[Хасанов] Рустам Ильдарович||ru
[Li] Nikolai|[Ли] Николай|李尼古;LI Nikolay|ru`,
  AE: `Abdulrahman [Al Falahi]|عبد الرحمن [الفلاحي]|Abdul Rahman AL-FALAHI|ar
Mariam [Al Suwaidan]|مريم [السويدان]||ar
Khalid bin Saeed [Al Dhahnani]|خالد بن سعيد [الظنحاني]||ar`,
  SA: `Faisal [Al Harthi]|فيصل [الحارثي]||ar
Noura [Al Zubaidi]|نورة [الزبيدي]||ar`,
  TR: `Çağlar [Şimşekoğlu]||Caglar SIMSEKOGLU|en
Işıl [Yıldırım]||Isil YILDIRIM|en`,
  EG: `Mahmoud [Abdelghany]|محمود [عبد الغني]|Mahmud ABDEL GHANI|ar
Yasmine [El Shennawy]|ياسمين [الشناوي]||ar`,
  KE: `Wanjiku [Mwangi]|||en`,
  ZA: `Thandeka [Nkosazana]|||en
Pieter [van der Westhuizen]|||en`,
  GB: `Oliver [Featherstonehaugh]|||en
Siobhán [McAllister]|希沃恩·[麦卡利斯特]||en
[O'Sullivan-Zhang] Mei||张梅;ZHANG Mei|en`,
  FR: `Jean-François [Lefèvre]|让-弗朗索瓦·[勒费弗尔]||fr
Hélène [Dubois-Çelik]|||fr
Aurélien [de La Rochefontaine]|||fr
Noémie [Guérin]|诺埃米·[盖兰]||fr`,
  NL: `Joost [van den Boogaard]|||en
Annelies [IJsselstein]|||en`,
  BE: `Lieve [Vandenbroucke]|||en`,
  DE: `Jürgen [Großkreutz]|于尔根·[格罗斯克罗伊茨]|Juergen GROSSKREUTZ|en
Wolfgang Maximilian [von Scharfenberg-Hoheneck]|||en
Katharina [Müller]|卡塔琳娜·[米勒]|Katharina MUELLER|en
Björn [Öhlschläger]||Bjoern OEHLSCHLAEGER|en`,
  AT: `Leopold [Windischbauer]|||en`,
  CH: `Urs [Zürcher]|乌尔斯·[聚尔歇]|Urs ZUERCHER|en
Ladina [Caviezel]|||fr`,
  SE: `Åsa [Lindström-Håkansson]|||en
Göran [Sjöqvist]|约兰·[舍奎斯特]||en`,
  PL: `Łukasz [Żółkiewski]||Lukasz ZOLKIEWSKI|en
Małgorzata [Świerczyńska]|||en`,
  HU: `[Szőllősi] Gergő||Gergo SZOLLOSI|en`,
  RS: `[Jovanović] Miloš|Милош [Јовановић]|Milos JOVANOVIC|en`,
  IT: `Gianluca [Dell'Acqua]|詹卢卡·[德拉夸]||en
Niccolò [Bevilacqua]|||en`,
  ES: `Juan Sebastián [Fernández de Córdoba y Villena]|||es
Begoña [Núñez]|贝戈尼亚·[努涅斯]||es`,
  PT: `João [Guimarães]|若昂·[吉马良斯]||pt
Inês [Brandão]|||pt`,
  GR: `Nikolaos [Papadimitriou]|||en`,
  US: `Christopher [Vandermeulen]|||en
Denise [Tolliver]|||en
Robert [Lindqvist]|||en
[Lyu] Xiaolu|[吕]晓璐|LU Xiaolu;LÜ Xiaolu;LV Xiaolu|zh-Hans
[Shan] Zhong|[单]忠|SHAN Jonathan|zh-Hans
[Zhang] Wei|[张]伟|William ZHANG|zh-Hans
[Chen] Jing|[陈]静||zh-Hans
[Yan] Jing|[颜]静||zh-Hans`,
  CA: `Geneviève [Bélanger]|||fr
Gurpreet [Dhaliwal]|||en
[Zha] Ruoheng|[查]若衡|CHA Ruoheng|zh-Hans
[Wang] Li|[王]丽|Lily WANG|zh-Hans
[Xiao] Xi'an|[肖]西安|XIAO Xian|zh-Hans`,
  MX: `María Guadalupe [Hernández Ibáñez]|||es`,
  BR: `Maria da Conceição [de Albuquerque Cavalcanti Filha]|||pt
Thiago [Nakamura]|[中村]チアゴ||pt
Luiz Otávio [Gonçalves]|||pt`,
  AR: `Agustín [Etcheverría]|||es
Milagros [Argüello]|||es`,
  AU: `Liam [Nguyen-O'Dwyer]|||en
Kirra [Abernethy]|||en
[Zhang] Wei|[张]薇|Vera ZHANG|zh-Hans`,
  NZ: `Wiremu [Ngāpuhi-Tāwhai]||Wiremu NGAPUHI-TAWHAI|en`,
  liaoning: `[Wang] Li|[王]丽||zh-Hans
[Wang] Li|[王]莉||zh-Hans
[Zhang] Wei|[张]伟||zh-Hans
[Chen] Jing|[陈]静||zh-Hans
[Wang] Ben|[王]犇||zh-Hans
[Li] Zhe|[李]喆||zh-Hans
[Tong] Kun|[佟]堃||zh-Hans
[Guan] Yan|[关]䶮||zh-Hans
[Yuchi] Gong|[尉迟]珙||zh-Hans
[Piao] Chenghao|[朴]成浩|박성호;PARK Sungho|zh-Hans`,
  beijing: `[Zhang] Chong|[张]翀||zh-Hans
[Zhang] Wei|[张]伟||zh-Hans
[Zhuge] Hong|[诸葛]𬭎|诸葛鋐|zh-Hans
[Ma] Biao|[马]骉||zh-Hans
[Liu] Yuezhuo|[刘]𬸚𬸦|刘鸑鷟|zh-Hans`,
  tianjin: `[Xu] Yi|[徐]燚||zh-Hans`,
  hebei: `[Gao] Yao|[高]垚||zh-Hans`,
  shanghai: `[Shangguan] Yun'er|[上官]昀儿||zh-Hans
[Yu] Di|[于]頔|于𬱖|zh-Hans
[Chen] Jing|[陈]静||zh-Hans`,
  jiangsu: `[Shen] Yun|[沈]赟||zh-Hans
[Wu] Fang|[吴]昉||zh-Hans`,
  zhejiang: `[Zheng] Yi|[郑]𫖮|郑顗|zh-Hans
[Sima] Qingyuan|[司马]清源||zh-Hans`,
  anhui: `[Fu] Wei|[傅]𬀩|傅暐|zh-Hans`,
  shandong: `[Kong] Xin|[孔]䜣|孔訢|zh-Hans
[Pang] Miao|[逄]淼||zh-Hans`,
  guangdong: `[Lyu] Pei|[吕]珮|LU Pei;LYU Puy|zh-Hans
[Ou] Jianhui|[区]建辉|AU Kin-fai;QU Jianhui|zh-Hans
[Xian] Zhuoran|[冼]卓然|SIN Cheuk-yin|zh-Hans
[Wang] Li|[王]丽||zh-Hans`,
  fujian: `[Zhou] Jie|[周]㛃||zh-Hans`,
  hainan: `[Fu] Xin|[符]鑫||zh-Hans`,
  guangxi: `[Qin] Yue|[覃]玥|TAN Yue|zh-Hans`,
  jilin: `[Jin] Zhexiong|[金]哲雄|김철웅;KIM Cheolung|ko
[Tian] Xian|[田]㬎||zh-Hans`,
  heilongjiang: `[Han] Hui|[韩]㧑|韓撝|zh-Hans
[Zhang] Weiwei|[张]伟伟||zh-Hans`,
  neimenggu: `Ulijibaatar|乌力吉巴特尔|Wuliji BATEER|zh-Hans
Altancecegma Borjigin|孛儿只斤·阿拉坦其其格玛|阿拉坦其其格玛;Alatanqiqigema|zh-Hans
[Bao] Suritala|[包]苏日塔拉|Suyala BAO|zh-Hans`,
  shanxi: `[Hao] Sen|[郝]森||zh-Hans`,
  henan: `[Niu] Benben|[牛]犇犇||zh-Hans`,
  hubei: `[Yang] Li|[杨]𬍛|杨瓅|zh-Hans`,
  hunan: `[Huangfu] Song|[皇甫]菘||zh-Hans`,
  sichuan: `Tashi Tsering|扎西才让|Zhaxi Cairang|zh-Hans
Lhakpa Drolma Rinchen Wangmo|拉巴卓玛·仁青旺姆|Laba Zhuoma;RENQING Wangmu|zh-Hans
Asu Erge Muga|阿苏·尔各木呷||zh-Hans`,
  yunnan: `[Dao] Zhengying|[刀]正英||zh-Hans`,
  guizhou: `[Luo] Fan|[罗]梵||zh-Hans`,
  shaanxi: `[Xie] Yuan|[解]媛|JIE Yuan|zh-Hans
[Qiu] Ying|[仇]瑛|CHOU Ying|zh-Hans`,
  gansu: `[Ma] Yibulaxin|[马]伊布拉欣|Ibrahim MA|zh-Hans`,
  xinjiang: `Adil Memet|阿迪力·买买提|ADILI Maimaiti|zh-Hans
Gülbahar Abdurehim|古丽巴哈尔·阿卜杜热依木|Gulibahaer ABUDUREYIMU|zh-Hans
Abdurahman Abdukadir Muhemmetimin|阿卜杜热合曼·阿卜杜喀迪尔·麦麦提敏|Abudureheman ABUDUKADIER|zh-Hans
Yerjan Qabdulla|叶尔江·哈布都拉|YEERJIANG Habudula|zh-Hans`,
};

// Two people of one name in one delegation: only enterprise and number tell them apart.
LINES.liaoning += '\n[Wang] Li|[王]丽||zh-Hans';

const outside = (name) => name.replace(/\[[^\]]*\]/, '').trim();

// A Chinese rendering of a Latin name is how the guest is called here, not how the guest signs.
const rendered = (own) => own.includes('·[');

function parse(line) {
  const [latin, own, others, language] = line.split('|');
  const source = own && !rendered(own) ? own : latin;
  const family = /\[([^\]]*)\]/.exec(source)?.[1] ?? '';
  return {
    zh: own.replace(/[[\]]/g, ''),
    latin: latin.replace(/\[([^\]]*)\]/, (_, name) => capitals(name)),
    others,
    family,
    given: family ? outside(source) : source,
    language,
    written: true,
  };
}

/** Returns a family name in capitals as a badge shows it: McALLISTER, O'SULLIVAN, IJSSELSTEIN. */
export const capitals = (name) => name.toLocaleUpperCase(/[ığşİ]/.test(name) ? 'tr' : 'en').replace(/\bMC(?=\p{Lu})/gu, 'Mc');

/** The guests written down, by region code or province slug. */
export const known = Object.fromEntries(Object.entries(LINES).map(([place, text]) => [place, text.split('\n').map(parse)]));
